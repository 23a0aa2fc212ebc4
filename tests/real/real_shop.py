"""What the scripts of all real shops share: where things are kept, how an install is remembered, how a shop is kept running.

Everything lives under `target/real/SHOP/`: the installed packages, a template (database and what belongs to it) made once,
`runs/` with one fresh copy of the template for each shop that is running, and `running/PORT.json` saying which copy a port serves.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
TARGET = SOURCES.parent.parent / "target" / "real"


class Trouble(Exception):
    """Something the caller has to know and, mostly, can remedy: printed without a traceback."""


class Stop(Exception):
    """The shop was asked to stop."""


def main(work):
    """Runs a script: trouble becomes one clear line and exit code 1."""
    try:
        work()
    except Trouble as trouble:
        sys.exit(f"{Path(sys.argv[0]).parent.name}/{Path(sys.argv[0]).name}: {trouble}")
    except (Stop, KeyboardInterrupt):
        pass


def say(text):
    """Progress goes to stderr: stdout carries only what a program reads."""
    print(text, file=sys.stderr, flush=True)


def run(what, command, seconds=900, **options):
    """Runs a command that has to succeed, within this time; its output is shown only when it does not."""
    options |= {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    try:
        done = subprocess.run(command, timeout=seconds, **options)
    except subprocess.TimeoutExpired as late:
        raise Trouble(f"{what} was not done after {seconds} s:\n{tail((late.output or b'').decode(errors='replace'))}") from late
    except FileNotFoundError as missing:
        raise Trouble(f"{what}: the program {missing.filename} is not there; install it") from missing
    if done.returncode != 0:
        raise Trouble(f"{what} failed with exit code {done.returncode}:\n{tail(done.stdout)}")
    return done.stdout


def tail(text, lines=30):
    return "\n".join(text.strip().splitlines()[-lines:])


# === installing, once ===


def digest(*inputs):
    """A hash of files, folders (what git would keep of them) and plain strings."""
    whole = hashlib.sha256()
    for item in inputs:
        if not isinstance(item, Path):
            whole.update(str(item).encode())
            continue
        files = [item] if item.is_file() else sorted(path for path in item.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        for path in files:
            whole.update(str(path.relative_to(SOURCES)).encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def once(folder, inputs, build):
    """Calls `build(folder)` unless it was already done for the same inputs at the same place.

    The stamp is written last, so that an interrupted build is begun again; the lock lets two installs wait for one another."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    stamp = folder.with_name(folder.name + ".stamp")
    wanted = digest(str(folder), *inputs)
    with open(folder.with_name(folder.name + ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir() and stamp.is_file() and stamp.read_text() == wanted:
            return
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        began = time.monotonic()
        say(f"making {folder} ...")
        build(folder)
        stamp.write_text(wanted)
        say(f"made {folder} in {time.monotonic() - began:.0f} s")


def require(folder, script):
    """A template must be whole before it is copied."""
    if not folder.with_name(folder.name + ".stamp").is_file():
        raise Trouble(f"{folder} is not there yet; run {script} first")


# === running ===


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


@contextlib.contextmanager
def fresh_copy(home, template):
    """A copy of the template of its own for one run, removed afterwards; leftovers of killed runs are swept first."""
    runs = home / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for old in runs.iterdir():
        with contextlib.suppress(OSError, ValueError):
            if not alive(int(old.name.split("-")[0])):
                shutil.rmtree(old, ignore_errors=True)
    for old in (home / "running").glob("*.json"):
        with contextlib.suppress(OSError, ValueError):
            if not alive(json.loads(old.read_text())["pid"]):
                old.unlink()
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=runs))
    try:
        run("copying the template", ["cp", "-a", "--reflink=auto", f"{template}/.", str(folder)])
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def child(command, log, end=signal.SIGTERM, identity=(), **options):
    """A process that ends with us, however we end; its output goes to the file `log`. `identity`: setpriv's options of who it is."""
    whole = ["setpriv", "--pdeathsig", end.name.removeprefix("SIG"), *identity, *command]
    with open(log, "ab") as output:
        process = subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(end)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def stop_when_asked():
    """SIGTERM, SIGINT and SIGHUP end the run through its `finally` clauses; the second one is ignored while they work."""

    def stop(number, _frame):
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Stop(signal.Signals(number).name)

    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, stop)


def wait_until(ready, process, log, what, seconds=60):
    """Waits for `ready()` to be true, and says what the log holds if the process ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            raise Trouble(f"{what} ended with exit code {process.returncode} before it was ready:\n{tail(log.read_text(errors='replace'))}")
        if time.monotonic() > deadline:
            raise Trouble(f"{what} was not ready after {seconds} s:\n{tail(log.read_text(errors='replace'))}")
        time.sleep(0.05)


def answers(url):
    """Whether the shop answers this address without an error. A proxy that the environment may name has no part in that."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


def keep(home, port, folder, process, log, facts):
    """Prints the shop's address as the first line, then waits until the shop ends, we are asked to stop, or our starter is gone."""
    record = home / "running" / f"{port}.json"
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps({"pid": os.getpid(), "folder": str(folder), **facts}))
    starter = os.getppid()
    try:
        print(f"http://127.0.0.1:{port}", flush=True)
        while os.getppid() == starter:
            try:
                process.wait(0.5)
            except subprocess.TimeoutExpired:
                continue
            raise Trouble(f"the shop ended by itself with exit code {process.returncode}:\n{tail(log.read_text(errors='replace'))}")
        say("whoever started this shop is gone, so it stops")
    finally:
        record.unlink(missing_ok=True)


def running(home, address):
    """What `keep` noted of the shop at this address (an URL or a port)."""
    port = address.rstrip("/").rsplit(":", 1)[-1]
    record = home / "running" / f"{port}.json"
    try:
        facts = json.loads(record.read_text())
    except FileNotFoundError:
        raise Trouble(f"no shop of this kind runs at {address}; give the address that `start` printed") from None
    if not alive(facts["pid"]):
        raise Trouble(f"the shop at {address} was killed; start it again")
    return facts
