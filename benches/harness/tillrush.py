"""Runs of tillrush: its command line, and what its run.json says."""

import json
import shutil
from pathlib import Path

from . import BENCHES, WORK


def command(program: str, scenario: str, target: str, *more: str, out: str = "runs", cores: int = 1) -> list[str]:
    """A run of a scenario of benches/scenarios. Its folder goes under target/bench."""
    where = WORK / out
    shutil.rmtree(where, ignore_errors=True)
    path = str(BENCHES / "scenarios" / f"{scenario}.yaml")
    return [program, "run", path, "--target", target, "--cores", str(cores), "--seed", "1", "-q", "--out", str(where), *more]


def said(out: str = "runs") -> dict:
    """What the only run in a folder of runs says about itself."""
    (folder,) = [run for run in (WORK / out).iterdir() if run.is_dir()]
    return json.loads(Path(folder / "run.json").read_text(encoding="utf-8"))
