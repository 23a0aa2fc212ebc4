"""Reads what valgrind's callgrind writes: who cost how many instructions, and who was called how often."""

import collections
import re
from pathlib import Path

NAME = re.compile(r"\((\d+)\)(?: (.*))?")


class Profile:
    """Instructions by function (of its own), and calls by function."""

    def __init__(self, path: Path):
        self.own: collections.Counter = collections.Counter()
        self.calls: collections.Counter = collections.Counter()
        self.callers: collections.Counter = collections.Counter()
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
