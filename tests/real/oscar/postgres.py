"""A private PostgreSQL: a cluster in a folder of ours, reached only over a unix socket, so that it needs no free port.

PostgreSQL refuses to run as root, so root hands it to the user that the package made."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import real_shop

# A lost cluster is a lost copy: nothing here is worth waiting for the disk.
SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "listen_addresses": "", "max_connections": "60"}


def programs():
    """The folder of the newest installed server's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def install():
    """Debian's package, when no server is there yet; without the cluster that the package would start by itself."""
    if programs():
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise real_shop.Trouble("PostgreSQL's server is not installed; install the package `postgresql`, or run `install sqlite` to do without")
    real_shop.say("installing Debian's postgresql ...")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    real_shop.run("apt-get update", ["apt-get", "-q", "update"], env=quiet)
    get = ["apt-get", "-q", "install", "-y", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold"]
    no_cluster = Path("/etc/postgresql-common/createcluster.conf")
    if not no_cluster.exists():
        no_cluster.parent.mkdir(parents=True, exist_ok=True)
        no_cluster.write_text("create_main_cluster = false\n")
    real_shop.run("apt-get install postgresql", [*get, "postgresql"], env=quiet)
    if not programs():
        raise real_shop.Trouble("the package postgresql was installed, but /usr/lib/postgresql holds no server")


def owner():
    """The user PostgreSQL runs as: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise real_shop.Trouble("PostgreSQL can't run as root, and there is no user `postgres` or `nobody` to run it as")


def identity():
    """setpriv's options that turn root into the owner. The owner keeps root's right to pass through folders that only root may
    enter, such as a check-out below /root."""
    if os.geteuid() != 0:
        return []
    user = owner()
    return [
        *["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"],
        *["--inh-caps", "+dac_override", "--ambient-caps", "+dac_override"],
    ]


def make(folder):
    """A new, empty cluster with the role and the database that the shop uses."""
    folder.mkdir()
    os.chown(folder, owner().pw_uid, owner().pw_gid)
    folder.chmod(0o700)
    options = ["--pgdata", str(folder), "--username", "shop", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
    real_shop.run("initdb", ["setpriv", *identity(), str(programs() / "initdb"), *options], cwd="/")


@contextlib.contextmanager
def serve(folder, log):
    """The cluster in `folder`, running; gives what a client takes as the host.

    The socket is not beside the cluster: its path may have 107 bytes at most, and nobody knows how deep a check-out lies."""
    with tempfile.TemporaryDirectory(prefix="tillrush-", dir="/tmp", ignore_cleanup_errors=True) as host:
        os.chown(host, owner().pw_uid, owner().pw_gid)
        with answering(folder, log, host):
            yield host


@contextlib.contextmanager
def answering(folder, log, host):
    settings = {**SETTINGS, "unix_socket_directories": host}
    command = [str(programs() / "postgres"), "-D", str(folder), *[part for key, value in settings.items() for part in ("-c", f"{key}={value}")]]
    # SIGINT is PostgreSQL's "fast" end: it closes the sessions that are still open instead of waiting for them.
    with real_shop.child(command, log, end=signal.SIGINT, identity=identity(), cwd="/") as process:
        ready = [str(programs() / "pg_isready"), "-q", "-h", host]
        real_shop.wait_until(lambda: subprocess.run(ready).returncode == 0, process, log, "PostgreSQL", 30)
        yield


def create_database(host):
    real_shop.run("createdb", [str(programs() / "createdb"), "-h", host, "-U", "shop", "shop"])
