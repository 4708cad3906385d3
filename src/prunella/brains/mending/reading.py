"""Every call in what a model wrote, in order, wherever it stands."""

import re
from collections.abc import Iterator
from dataclasses import replace

from prunella.brains.mending.broken import Broken
from prunella.brains.mending.call import Call
from prunella.brains.mending.notation import read_value
from prunella.brains.mending.shapes import calls_in, is_meant, name_in
from prunella.brains.mending.styles import Written, opener_patterns, read_style
from prunella.errors import Rejected

MOST_CHARS = 100_000
_MOST_READ, _MOST_OPENERS = 200_000, 4_000
_PROGRAMS = (
    "json5?|jsonc|jsonl|tool_calls?|tool_code|tools?|function_calls?|function|action|python|py|xml|javascript|js"
)
_QUOTE = rf"^[ \t]{{0,20}}(?P<fence>`{{3,}}|~{{3,}})(?![ \t]*(?:(?i:{_PROGRAMS})\b|$|[{{\[<]))[^\n`]*$"
_JSON = r"(?P<json>\{(?=\s{0,99}[^\s{\[(,:;=)\]])|\[(?=\s{0,99}\{))"
_OPENER = re.compile("|".join((_QUOTE, *opener_patterns(), _JSON)), re.MULTILINE)
_OBSERVED = re.compile(r"^[ \t]{0,20}\**Observation:", re.MULTILINE)
_NO_WORD = re.compile(r"(?:\s|`{3,}\w*|<[^<>\n]{1,60}>|\[TOOL_CALLS\])*+")


def written_calls(words: str) -> tuple[Call, ...]:
    """Every call, in order; empty for plain words, and for JSON that names no tool.

    Never part of a value: of a text that was cut off, the calls that are whole. Raises Rejected with the exact fault
    when none is, when one before the end is misshapen, and for more than 100,000 characters. Bounded in time.
    """
    if len(words) > MOST_CHARS:
        raise Rejected(f"the reply is {len(words)} characters long, and {MOST_CHARS} are read at most; be brief")
    return _Search(words).calls()


class _Search:
    """One pass over a text. Each try to read costs what it read; all of them together have a limit."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._left = _MOST_READ
        self._led = 0
        self._acted = -1

    def calls(self) -> tuple[Call, ...]:
        found: list[Call] = []
        fault = ""
        for written in self._written():
            if fault and written.calls:
                raise Rejected(f"{fault}, and other calls follow it")
            found += written.calls
            fault = fault or written.fault
        if fault and not found:
            raise Rejected(f"{fault}; be brief")
        return (*found[:-1], replace(found[-1], is_cut=True)) if fault else tuple(found)

    def _written(self) -> Iterator[Written]:
        place = 0
        for _ in range(_MOST_OPENERS):
            opening = _OPENER.search(self._words, place)
            if not opening or self._is_imagined(opening):
                return
            written = self._read(opening)
            yield written
            place = max(written.end, opening.start() + 1)
            self._left -= place - opening.start()
            if self._left < 0:
                break
        raise Rejected("the reply has too many open brackets to be read; write one JSON object")

    def _is_imagined(self, opening: re.Match[str]) -> bool:
        """True for what a model does after it made up what its first action brought."""
        if not opening["react"]:
            return False
        before, self._acted = self._acted, opening.end()
        return before >= 0 and _OBSERVED.search(self._words, before, opening.start()) is not None

    def _read(self, opening: re.Match[str]) -> Written:
        if opening["fence"]:
            return Written((), self._fence_end(opening))
        style = str(opening.lastgroup)
        if style == "json":
            return self._value(opening.start())
        written = read_style(style, opening[style], self._words, opening.end())
        return written or Written((), opening.end())

    def _fence_end(self, opening: re.Match[str]) -> int:
        closing = self._words.find("\n" + opening["fence"], opening.end())
        return len(self._words) if closing < 0 else closing + 1 + len(opening["fence"])

    def _value(self, start: int) -> Written:
        leads = self._leads(start)
        try:
            read = read_value(self._words, start)
        except Broken as broken:
            return self._broken(broken, start, leads=leads)
        if leads:
            self._led = read.end
        return Written(tuple(calls_in(read.value, leads=leads)), read.end)

    def _broken(self, broken: Broken, start: int, *, leads: bool) -> Written:
        """The whole calls of a value that was cut off; nothing for brackets in prose."""
        if broken.is_too_deep:
            return Written((), broken.place)
        if not is_meant(broken.partial, leads=leads):
            self._left -= broken.place - start
            return Written((), start + 1)
        if not broken.has_ended:
            raise Rejected(
                f"{_named(broken.partial)} cannot be read: {broken}, near {self._near(broken.place)}"
            ) from broken
        calls = tuple(calls_in(broken.partial, leads=leads))
        return Written(
            calls, max(broken.place, start + 1), f"{_named(broken.partial)} is cut off at character {broken.place + 1}"
        )

    def _near(self, place: int) -> str:
        return f'"{self._words[max(0, place - 20) : place + 20]}"'

    def _leads(self, start: int) -> bool:
        """True when nothing but marks, and values that led themselves, stands before it."""
        match = _NO_WORD.match(self._words, self._led, start)
        return match is not None and match.end() == start


def _named(partial: object) -> str:
    name = name_in(partial)
    return f"the call of {name}" if name else "the call"
