"""What the measuring scripts beside this folder share: the shop, the meter, the peers, the rounds.

Python's standard library only. Everything is made under target/bench and talks to 127.0.0.1 only.
"""

from pathlib import Path

BENCHES = Path(__file__).resolve().parent.parent
ROOT = BENCHES.parent
WORK = ROOT / "target" / "bench"
