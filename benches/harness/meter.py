"""Runs one generator and weighs it: processor time of its whole process tree, wall time, memory, requests at the shop."""

import dataclasses
import os
import resource
import signal
import subprocess
import time
from pathlib import Path

from . import machine


LOOK_EVERY_S = 0.1


@dataclasses.dataclass
class Weight:
    """What a run cost and what it did."""

    requests: int
    cpu_s: float
    wall_s: float
    rss_mib: float
    exit_code: int

    @property
    def per_cpu_second(self) -> float:
        return self.requests / self.cpu_s if self.cpu_s else 0.0


def weigh(command: list[str], shop, log: Path, at_most_s: float, env: dict | None = None) -> Weight:
    """Runs the command on the generator's core. It is killed after `at_most_s` seconds, with all its children."""
    _, core = machine.cores()
    log.parent.mkdir(parents=True, exist_ok=True)
    shop.served()
    with open(log, "wb") as output:
        begun = time.monotonic()
        process = subprocess.Popen(
            machine.pinned(core, command),
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            preexec_fn=raise_file_limit,
        )
        status, used, peak_mib = watch(process.pid, begun + at_most_s)
        wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return Weight(shop.served(), used.ru_utime + used.ru_stime, wall, peak_mib, process.returncode)


def watch(process: int, deadline: float) -> tuple[int, resource.struct_rusage, float]:
    """Waits for a process: its status, what it and its children used, and the most memory it was seen to hold.

    The kernel's own `ru_maxrss` would begin with what this program held when it forked."""
    peak = 0.0
    try:
        while True:
            ended, status, used = os.wait4(process, os.WNOHANG)
            if ended:
                return status, used, peak
            peak = max(peak, resident_mib(process))
            if time.monotonic() > deadline:
                raise TimeoutError(f"process {process} is still running after its time")
            time.sleep(LOOK_EVERY_S)
    except BaseException:
        os.killpg(process, signal.SIGKILL)
        os.wait4(process, 0)
        raise


def resident_mib(process: int) -> float:
    """The most that a process has held in memory until now."""
    try:
        with open(f"/proc/{process}/status", encoding="utf-8") as lines:
            return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)
    except OSError:
        return 0.0


def raise_file_limit():
    """As many sockets as the machine lets us have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
