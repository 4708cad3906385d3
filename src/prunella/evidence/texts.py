"""One text that was put away: a file, and where its lines begin."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from threading import Event

from prunella.domain.evidence import Snippet, Spill
from prunella.domain.frozen import Frozen
from prunella.errors import Rejected
from prunella.evidence.blocks import blocks_of
from prunella.evidence.focus import cleaned
from prunella.evidence.ranking import Ranked, distinct, rank
from prunella.evidence.sealed import KeptFile
from prunella.evidence.searching import find_lines
from prunella.evidence.templates import Digest, digest
from prunella.retrieval.model import MiniLm

_CONTEXT_LINES = 2
_LONGEST_SHOWN = 2_000
_MOST_LINES = 500
_LARGEST_MINED = 64 << 20


class Label(Frozen):
    """What is written beside a kept text. `sha256` is that of the text; where it is sealed, one that takes the key."""

    source: str
    sha256: str
    spill: Spill


@dataclass
class KeptText:
    """Reads from the disk what is asked, never all of it. What is shown of it goes through `redact`."""

    file: KeptFile
    label: Label
    redact: Callable[[str], str] = str

    def search(self, query: str, most: int, model: MiniLm | None, stopped: Event) -> tuple[Snippet, ...]:
        """Best first, each line with the two before and after it."""
        notable = self._notable(query) if model and self.file.size_bytes <= _LARGEST_MINED else ()
        found = find_lines(blocks_of(self.file, stopped=stopped), query, most, model, notable)
        return tuple(self._around(line, score) for line, score in found)

    def read(self, first: int, count: int) -> Snippet:
        """At most 500 lines, the long ones cut. Raises Rejected past the end."""
        lines = self.label.spill.lines
        if not 1 <= first <= lines:
            raise Rejected(f"{self.label.spill.handle} has lines 1 to {lines}; line {first} is not there.")
        shown = islice(self._lines_from(first), max(1, min(count, _MOST_LINES)))
        return Snippet(line=first, text=self._shown("\n".join(shown)))

    def _shown(self, text: str) -> str:
        """Redacted as a whole first, for a secret may have several lines."""
        lines = self.redact(text).split("\n")
        return "\n".join(cleaned(line, self.redact, _LONGEST_SHOWN) for line in lines)

    def _around(self, line: int, score: float) -> Snippet:
        first = max(1, line - _CONTEXT_LINES)
        found = self.read(first, line - first + 1 + _CONTEXT_LINES)
        return found.model_copy(update={"score": score})

    def _notable(self, query: str) -> Iterator[Ranked]:
        return distinct(rank(self._digest, query))

    def _lines_from(self, first: int) -> Iterator[str]:
        numbers, offsets = self._marks
        mark = bisect_right(numbers, first) - 1
        with self.file.open() as file:
            file.seek(offsets[mark])
            for content in islice(file, first - numbers[mark], None):
                yield content.decode("utf-8", "replace").rstrip("\r\n")

    @cached_property
    def _marks(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Line numbers and the offsets at which those lines begin, a few megabytes apart."""
        marks: dict[int, int] = {}
        for block in blocks_of(self.file):
            marks.setdefault(block.first, block.offset)
        return tuple(marks) or (1,), tuple(marks.values()) or (0,)

    @cached_property
    def _digest(self) -> Digest:
        return digest(blocks_of(self.file))
