"""What a log says over and over, and what it says once: its lines by template, counted in one pass."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from prunella.evidence.blocks import Block
from prunella.evidence.wording import ALARM

_HEX = b"0123456789abcdefABCDEF"
_WORD = re.compile(r"[^\W_]+")
_LONGEST_LINE = 600
_LONGEST_WORD = 24
_MOST_TEMPLATES = 40_000
_MOST_KEYS = 200_000
_MOST_LOOKS = 300_000
_MOST_NEW_KEYS = 2_000


@dataclass(slots=True)
class Template:
    """Lines that differ in numbers and ids only. `text` is the first of them, without its end if it is very long."""

    words: tuple[str, ...]
    text: str
    first: int
    last: int
    count: int = 0


@dataclass(slots=True)
class Digest:
    """All templates of a text, the number of its lines, in how many of them each word stands; `looks` counts lines
    that were looked at closely.
    """

    templates: dict[tuple[str, ...], Template] = field(default_factory=dict[tuple[str, ...], Template])
    words: Counter[str] = field(default_factory=Counter[str])
    lines: int = 0
    looks: int = 0


def digest(blocks: Iterable[Block]) -> Digest:
    """One pass in bounded memory; about ten seconds a gigabyte.

    Lines are first told apart by what is left of them without hex digits, which C code does at the speed of memory;
    only what is new by that is looked at closely. In a text where nearly all is new, that is what sounds like trouble
    and a sample of the rest.
    """
    found, known = Digest(), dict[bytes, Template]()
    for block in blocks:
        _add(found, known, block.first, block.lines)
        if len(known) > _MOST_KEYS:
            known.clear()
        if len(found.templates) > _MOST_TEMPLATES:
            _shrink(found)
    return found


def _add(found: Digest, known: dict[bytes, Template], first: int, lines: list[bytes]) -> None:
    keys = b"\n".join(lines).translate(None, _HEX).split(b"\n")
    counts, places = Counter(keys), range(len(keys))
    lasts = dict(zip(keys, places, strict=True))
    firsts = dict(zip(reversed(keys), reversed(places), strict=True))
    new = [key for key in counts if key not in known]
    worth = new if found.looks + len(new) <= _MOST_LOOKS else _worth_a_look(new, firsts, lines)
    for key in worth:
        found.looks += 1
        known[key] = _template(found, first + firsts[key], lines[firsts[key]])
    for key, count in counts.items():
        template = known.get(key)
        if template:
            template.count += count
            template.last = max(template.last, first + lasts[key])
            for word in set(template.words):
                found.words[word] += count
    found.lines = max(found.lines, first + len(lines) - 1)


def _worth_a_look(new: list[bytes], places: dict[bytes, int], lines: list[bytes]) -> Iterator[bytes]:
    """Those that sound like trouble, and some two thousand of the others."""
    stride = len(new) // _MOST_NEW_KEYS + 1
    for number, key in enumerate(new):
        if number % stride == 0 or ALARM.search(lines[places[key]][:_LONGEST_LINE].lower()):
            yield key


def _template(found: Digest, line: int, content: bytes) -> Template:
    text = _shortened(content).decode("utf-8", "replace").rstrip("\r")
    words = tuple(word.lower() for word in _WORD.findall(text) if word.isalpha() and len(word) <= _LONGEST_WORD)
    template = found.templates.get(words)
    if template is None:
        template = found.templates[words] = Template(words, text, line, line)
    return template


def _shortened(content: bytes) -> bytes:
    """A very long line from shortly before the first word of trouble in it."""
    if len(content) <= _LONGEST_LINE:
        return content
    sound = ALARM.search(content[: 1 << 16].lower())
    start = max(0, sound.start() - _LONGEST_LINE // 3) if sound else 0
    return content[start : start + _LONGEST_LINE]


def _shrink(found: Digest) -> None:
    """Drops half: first what does not sound like trouble, and of that the rarest, which are names and ids."""
    kept = sorted(
        found.templates.values(), key=lambda each: (not ALARM.search(each.text.lower().encode()), -each.count)
    )
    found.templates = {each.words: each for each in kept[: _MOST_TEMPLATES // 2]}
