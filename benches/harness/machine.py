"""The machine that is measured on: its cores, who gets which, and how to name it in a report."""

import datetime
import os
import platform
import subprocess


def cores() -> tuple[int, int]:
    """The core of the shop and the core of the generator. On one core both share it, which makes numbers worse, not wrong."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def pinned(core: int, command: list[str]) -> list[str]:
    """The command, kept on one core."""
    return ["taskset", "-c", str(core), *command]


def describe() -> dict:
    """What a reader needs to compare two reports."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    with open("/proc/meminfo", encoding="utf-8") as lines:
        memory_gib = round(int(next(lines).split()[1]) / 1024 / 1024, 1)
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": memory_gib,
        "kernel": ".".join(platform.release().split(".")[:2]),
        "commit": commit(),
        "load_before": os.getloadavg()[0],
    }


def commit() -> str:
    """The commit that is measured, with a mark if the tree differs from it."""
    done = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, cwd=os.path.dirname(__file__))
    return done.stdout.strip() or "unknown"


def in_words(machine: dict) -> str:
    """One line for the head of a table."""
    return (
        f"{machine['date']}, commit {machine['commit']}, {machine['cores']} x {machine['cpu']}, "
        f"{machine['memory_gib']} GiB, kernel {machine['kernel']}, load average before {machine['load_before']:.1f}"
    )
