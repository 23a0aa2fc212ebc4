"""Reads what valgrind's callgrind writes: who cost how many instructions, and who was called how often."""

import collections
import re
from pathlib import Path

NAME = re.compile(r"\((\d+)\)(?: (.*))?")


class Profile:
    """Instructions by function (of its own), and calls by function, of the threads that run shoppers.

    The main thread prepares, merges and reports: what it does grows with a run's length, not with its requests."""

    def __init__(self, path: Path):
        """Reads what `callgrind --separate-threads=yes` wrote: `path` and a number for each thread, the main one's first."""
        self.own: collections.Counter = collections.Counter()
        self.calls: collections.Counter = collections.Counter()
        self.callers: collections.Counter = collections.Counter()
        threads = sorted(path.parent.glob(f"{path.name}-*"))
        for thread in threads[1:]:
            self._read(thread)

    def _read(self, path: Path):
        # Names are numbered anew in each file.
        self._names: dict[str, str] = {}
        function = callee = ""
        called = 0
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if line.startswith("fn="):
                    function = self._name(line[3:])
                elif line.startswith("cfn="):
                    callee = self._name(line[4:])
                elif line.startswith("calls="):
                    called = int(line[6:].split()[0])
                    self.calls[callee] += called
                    self.callers[(function, callee)] += called
                elif line[:1].isdigit() or line[:1] in "+-*":
                    # The line after `calls=` holds what the callee took: it is in the callee's own already.
                    if called:
                        called = 0
                    else:
                        self.own[function] += int(line.split()[1])

    def _name(self, text: str) -> str:
        number, name = NAME.match(text.strip()).groups()
        if name:
            self._names[number] = name
        return self._names.get(number, number)

    def instructions(self) -> int:
        """All of them."""
        return sum(self.own.values())

    def allocations(self) -> int:
        """Calls into the allocator from outside of it, by the names of mimalloc's and the C library's entries."""
        entries = re.compile(r"^_?(mi_(heap_)?(m|z|c|re|rez)alloc\w*|malloc|calloc|realloc|posix_memalign|aligned_alloc)(@.*)?$")
        inner = re.compile(r"^_?mi_")
        return sum(count for (caller, callee), count in self.callers.items() if entries.match(callee) and not inner.match(caller))
