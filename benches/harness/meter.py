"""Runs one generator and weighs it: processor time of its whole process tree, wall time, memory, requests at the shop."""

import dataclasses
import os
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

from . import machine


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
        watchdog = threading.Timer(at_most_s, lambda: os.killpg(process.pid, signal.SIGKILL))
        watchdog.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            watchdog.cancel()
        wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return Weight(shop.served(), used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, process.returncode)


def raise_file_limit():
    """As many sockets as the machine lets us have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
