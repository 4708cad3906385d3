"""The lines of an HAProxy file, section by section, each with a name that says where it stands."""

import re
from collections import Counter
from dataclasses import dataclass, field

from prunella.configs.arguments import Word, joined
from prunella.configs.keys import Parts
from prunella.configs.page import Lines
from prunella.errors import Unparsable
from prunella.nearest import nearest

SECTIONS = frozenset(
    {
        "global", "defaults", "frontend", "backend", "listen", "peers", "mailers", "userlist", "resolvers", "cache",
        "program", "ring", "http-errors", "fcgi-app", "log-forward", "log-profile", "crt-store", "traces", "acme",
    }
)  # fmt: skip
UNNAMED = frozenset({"global", "traces"})
NAMED = frozenset(
    {
        "acl", "compression", "email-alert", "errorfile", "errorloc", "errorloc302", "errorloc303", "hold", "mailer",
        "nameserver", "option", "peer", "persist", "presetenv", "rate-limit", "server", "server-template", "set-var",
        "set-var-fmt", "setenv", "stats", "table", "timeout",
    }
)  # fmt: skip
"""Keywords whose first argument says what they are about."""

_NAMED_IN = {"userlist": frozenset({"user", "group"})}
_NEGATIONS = frozenset({"no", "default"})
_BLANK = " \t\r\v\f"
_GAP = re.compile(rf"[{_BLANK}]*")
_WORD = re.compile(rf"(?:\\.|\"(?:[^\"\\\n]|\\.)*\"|'[^'\n]*'|[^{_BLANK}\n\"'#\\])+")
_PLAIN = re.compile(rf"[^{_BLANK}\n\"'#\\$]+")
_LIKE_A_SECTION = 0.7


@dataclass
class Line:
    """`words` from `text[start]` on; `path` is the name from the top, and holds the first `about` of the words.

    `option` says what is before the name: `no`, `default` or nothing; None when the line is no option. The line ends
    before the character `end`, newline included.
    """

    words: list[Word]
    start: int
    end: int
    path: Parts = ()
    about: int = 1
    option: str | None = None

    @property
    def name(self) -> str:
        return self.words[0].plain

    @property
    def arguments(self) -> list[Word]:
        return self.words[self.about :]

    @property
    def value(self) -> str:
        if self.option is None or self.arguments:
            return joined(self.arguments)
        return {"": "true", "no": "false"}.get(self.option, self.option)


@dataclass
class Section:
    """Its header, the settings below it, and where the next one begins. The header may hold one (`from`)."""

    path: Parts
    header: Line
    body: int
    end: int = 0
    lines: list[Line] = field(default_factory=list[Line])


def sections_of(text: str) -> list[Section]:
    """In the order of the text. Raises Unparsable."""
    places = Lines(text)
    found: list[Section] = []
    seen = Counter[Parts]()
    for line in _lines(text, places):
        if line.name.startswith("."):
            continue
        if line.name in SECTIONS:
            found.append(_opened(line, seen))
        elif not found:
            raise _fault(places, line.start, f"{line.name} stands before any section")
        else:
            found[-1].lines.append(line)
    ends = [*(places.begin(each.header.start) for each in found), len(text)][1:]
    for section, section.end in zip(found, ends, strict=True):
        _address(section)
    _refuse_misspelt(text, found, places)
    return found


def arguments_of(value: str) -> tuple[Word, ...] | None:
    """The words of `value` alone; None when it holds anything else."""
    try:
        words = _words(value, 0, len(value), Lines(value))
    except Unparsable:
        return None
    return words if " ".join(value[word.start : word.end] for word in words) == value else None


def is_named(keyword: str, section: str) -> bool:
    """Whether the first argument of `keyword` is part of its name, in a section of that kind."""
    return keyword in NAMED or keyword in _NEGATIONS or keyword in _NAMED_IN.get(section, ())


def _lines(text: str, places: Lines) -> list[Line]:
    found: list[Line] = []
    at = 0
    while at < len(text):
        end = places.end(at)
        words = _words(text, at, end, places)
        if words:
            found.append(Line(list(words), words[0].start, end))
        at = end
    return found


def _words(text: str, at: int, end: int, places: Lines) -> tuple[Word, ...]:
    found: list[Word] = []
    at = _past(text, at, end)
    while at < end and text[at] not in "\n#":
        match = _WORD.match(text, at, end)
        if match is None or text[match.end() : match.end() + 1] in ("'", '"', "\\"):
            raise _fault(places, at, "a quote is not closed, or nothing stands behind a backslash")
        found.append(_word(match[0], at))
        at = _past(text, match.end(), end)
    return tuple(found)


def _word(raw: str, at: int) -> Word:
    is_choice = len(raw) > 2 and raw[0] in "\"'" and raw[-1] == raw[0] and bool(_PLAIN.fullmatch(raw[1:-1]))
    plain = raw[1:-1] if is_choice else raw
    return Word(plain, at, at + len(raw), "word" if _PLAIN.fullmatch(raw) else "quoted")


def _past(text: str, at: int, end: int) -> int:
    match = _GAP.match(text, at, end)
    return match.end() if match else at


def _opened(header: Line, seen: Counter[Parts]) -> Section:
    called = tuple(word.plain for word in header.words[1:2] if header.name not in UNNAMED and word.plain != "from")
    own = (header.name, *called)
    number = seen[own]
    seen[own] += 1
    path = (*own, str(number)) if number else own
    header.about = len(own)
    behind = header.arguments
    if len(behind) == 2 and behind[0].plain == "from":
        header.about += 1
        header.path = (*path, "from")
    return Section(path, header, header.end)


def _address(section: Section) -> None:
    """The second of the same name has a `1` behind it."""
    seen = Counter[Parts]()
    if section.header.path:
        seen["from",] += 1
    for line in section.lines:
        own = _own_name(line, section.path[0])
        number = seen[own]
        seen[own] += 1
        line.path = (*section.path, *own, *((str(number),) if number else ()))


def _own_name(line: Line, section: str) -> Parts:
    plain = tuple(word.plain for word in line.words)
    is_negated = line.name in _NEGATIONS and plain[1:2] == ("option",)
    at = 1 if is_negated else 0
    if plain[at : at + 1] == ("option",) and len(plain) > at + 1:
        line.option, line.about = (line.name if is_negated else ""), at + 2
        return plain[at : line.about]
    line.about = 2 if len(plain) > 1 and is_named(line.name, section) else 1
    return plain[: line.about]


def _refuse_misspelt(text: str, found: list[Section], places: Lines) -> None:
    """A word like a section's, alone in not being indented: what follows would count for the section above."""
    inner = [line for section in found for line in section.lines]
    flat = [line for line in inner if text[line.start - 1 : line.start] in ("", "\n")]
    strange = [line for line in flat if line.name != "peer" and nearest(line.name, SECTIONS, _LIKE_A_SECTION, 1)]
    if strange and len(flat) == len(strange) < len(inner):
        name = strange[0].name
        meant = nearest(name, SECTIONS, _LIKE_A_SECTION, 1)[0]
        raise _fault(places, strange[0].start, f"{name} is no section; did you mean {meant}?")


def _fault(places: Lines, at: int, what: str) -> Unparsable:
    number = places.number(at)
    return Unparsable(f"Line {number}: {what}.", number)
