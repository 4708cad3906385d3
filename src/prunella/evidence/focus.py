"""The excerpt of a large text that fits a brief: its ends, and the lines that are likely to decide."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from threading import Event

from prunella.evidence.blocks import Source, blocks_of, ends_of, read_all, size_of
from prunella.evidence.ranking import Ranked, distinct, rank
from prunella.evidence.templates import digest
from prunella.evidence.wording import first_alarm

BUDGET_CHARS = 2_500
_LONGEST = 300
_LONGEST_END = 180
_END_LINES = 2
_END_BYTES = 4_096
_MOST_TRIED = 40
_LONGEST_READ = 20_000

Redact = Callable[[str], str]


def focus(
    source: Source,
    query: str,
    budget_chars: int = BUDGET_CHARS,
    stopped: Event | None = None,
    redact: Redact = str,
) -> str:
    """At most `budget_chars` of a file or a text: numbered lines in their order, gaps marked with `…`.

    It has the first and last lines, and those that are likely to be the cause of what `query` (goal and error) tells
    of; `(40 alike, …)` says how many lines are alike. A text within the budget is returned whole. About ten seconds a
    gigabyte, in bounded memory. Lines go through `redact` before they are cut.
    """
    if size_of(source) <= budget_chars:
        return redact(read_all(source))
    found = digest(blocks_of(source, stopped=stopped))
    shown = _Excerpt(budget_chars, found.lines)
    shown.add(_ends(source, found.lines, redact))
    shown.add(_snippet(each, redact) for each in islice(distinct(rank(found, query)), _MOST_TRIED))
    return str(shown)


class _Excerpt:
    """Numbered lines within a budget of characters; those added first are in it for sure."""

    def __init__(self, budget_chars: int, lines: int) -> None:
        self._left, self._lines = budget_chars - 2, lines
        self._shown: dict[int, str] = {}

    def add(self, numbered: Iterable[tuple[int, str]]) -> None:
        """Each that fits; an end that was cut gives way to the same line in full."""
        for line, text in numbered:
            cost = len(text) - len(self._shown[line]) if line in self._shown else len(f"…\n{line}: {text}\n")
            if cost <= self._left:
                self._shown[line] = text
                self._left -= cost

    def __str__(self) -> str:
        return "\n".join(self._rows())

    def _rows(self) -> Iterator[str]:
        last = 0
        for line, text in sorted(self._shown.items()):
            if line > last + 1:
                yield "…"
            yield f"{line}: {text}"
            last = line
        if last < self._lines:
            yield "…"


def cleaned(text: str, redact: Redact, longest: int = _LONGEST) -> str:
    """Redacted, then shortened: half of a secret is not known for one. Of an endless line only a part is read."""
    return shortened(redact(shortened(text, max(_LONGEST_READ, 2 * longest))), longest)


def shortened(text: str, longest: int = _LONGEST) -> str:
    """At most `longest` characters around the first word of trouble; what was left out is marked with `…`."""
    text = text.strip()
    if len(text) <= longest:
        return text
    kept = longest - 2
    start = min(max(0, first_alarm(text) - kept // 3), len(text) - kept)
    return ("…" if start else "") + text[start : start + kept] + ("…" if start + kept < len(text) else "")


def _snippet(each: Ranked, redact: Redact) -> tuple[int, str]:
    template = each.template
    repeated = f" ({template.count} alike, last in line {template.last})" if template.count > 1 else ""
    return template.first, cleaned(template.text, redact) + repeated


def _ends(source: Source, lines: int, redact: Redact) -> Iterator[tuple[int, str]]:
    """The last lines, then the first ones."""
    head, tail = ends_of(source, _END_BYTES)
    last = [cleaned(line, redact, _LONGEST_END) for line in tail[-_END_LINES:]]
    yield from enumerate(last, lines - len(last) + 1)
    first = [cleaned(line, redact, _LONGEST_END) for line in head[:_END_LINES]]
    yield from enumerate(first, 1)
