"""What one line of error text tells: which setting, which value, what would be right."""

import re
from dataclasses import dataclass, field

from prunella.brains.reflex import grammar
from prunella.brains.reflex.clues import Clue

_PROSE_WORDS = """
    a an argument the one of in between greater less at positive negative not set specified defined provided given
    non valid number integer string boolean bool int float either any is are was it this that to be null none
    true-ish empty exactly more larger smaller above below lower higher same equal different unique present numeric
    type value from required missing and or but for with by on as if config configuration setting settings option
    file which there error warning info fatal critical exception input field fields key keys line status code
    response request unknown invalid object list dict mapping array column host server service port_number expected
    got find
"""
_PROSE = frozenset(_PROSE_WORDS.split())
_LEVELS = frozenset({"error", "warning", "info", "fatal", "critical"})
_TYPE_NAMES = frozenset({"int", "integer", "str", "string", "number", "bool", "boolean", "float", "list", "object"})
_SOURCE_CODE = (".py", ".js", ".ts", ".go", ".java", ".rb", ".rs", ".php", ".c", ".cc", ".cpp", ".kt", ".mjs", ".cs")
_FILES = (".toml", ".yaml", ".yml", ".json", ".ini", ".cfg", ".conf", ".env", ".cnf", ".properties", ".xml")
_BARE_KEY = re.compile(r"^\s*[\"'`]?([A-Za-z_][\w\-]*(?:\.[\w\-]+)*)[\"'`]?:?\s*$")
_ECHOED = re.compile(r"^\s*>+ '?([A-Za-z_][\w\-]*) (?P<value>[^']+)'?$")
_CODE_KEY = re.compile(r"""[\[(]\s*["']([A-Za-z_][\w.\-]*)["']""")

_BESIDE = re.compile(
    r"\b(?:HINT|DETAIL|Hint|help):|^\s*(?:available|valid|allowed|possible|supported|accepted)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Hint:
    """All that a clue tells; `claims` are (key, wanted value). Values are without quotes; ranges include their ends."""

    clue: Clue
    keys: tuple[str, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    bad: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    type: str = ""
    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    locations: tuple[tuple[str, int], ...] = ()
    paths: tuple[str, ...] = ()
    peers: tuple[tuple[str, int], ...] = ()
    topics: frozenset[str] = field(default=frozenset())

    @property
    def constrains(self) -> bool:
        """It says something about what a value must be."""
        return bool(
            self.bad or self.wanted or self.choices or self.type or self.low is not None or self.high is not None
        )


def read_hints(clue: Clue) -> tuple[Hint, ...]:
    """The hint of a line, or nothing when it tells nothing."""
    line = clue.line[:2000]
    keys, bad, wanted = _claims(line)
    low, high = _range(line)
    choices = _choices(line)
    missing, unknown = _absent(clue, line)
    if choices and clue.before and not bad and _BESIDE.search(line):
        above_keys, bad, _ = _claims(clue.before[-1][:2000])
        keys = [*keys, *above_keys]
    hint = Hint(
        clue=clue,
        keys=_unique((*keys, *_keys_above(clue))),
        claims=tuple((_bare(m["key"]), _bare(m["value"])) for m in _matches(grammar.WANTED, line)),
        bad=_unique([*bad, *_values_above(clue)]),
        wanted=_unique([value for value in wanted if value not in choices]),
        choices=choices,
        low=low,
        high=high,
        type=next((name for name, patterns in grammar.TYPES.items() if _any(patterns, line)), ""),
        missing=missing,
        unknown=unknown,
        suggested=_unique([_bare(m["key"]) for m in _matches(grammar.SUGGESTED, line)]),
        locations=_locations(line),
        paths=_unique([_bare(m["path"]) for m in grammar.PATH.finditer(line)]),
        peers=tuple(
            dict.fromkeys(
                (m["host"] or "", int(m["port"]))
                for m in _matches(grammar.NEAR_PORT, line)
                if not (m["host"] or "").isdigit() and not (m["host"] or "").endswith(_SOURCE_CODE)
            )
        ),
        topics=frozenset(name for name, patterns in grammar.TOPICS.items() if _any(patterns, line)),
    )
    return (hint,) if _tells(hint) else ()


def _tells(hint: Hint) -> bool:
    return bool(hint.constrains or hint.missing or hint.unknown or hint.locations or hint.topics)


def _claims(line: str) -> tuple[list[str], list[str], list[str]]:
    """(keys, bad values, wanted values) that the line names outright."""
    keys, bad, wanted = list[str](), list[str](), list[str]()
    for found in _matches(grammar.WANTED, line):
        if _is_value(_bare(found["value"])):
            keys.append(_bare(found["key"]))
            wanted.append(_bare(found["value"]))
    for found in _matches(grammar.EXPECTED, line):
        pair = _bare(found["value"]), _bare(found["other"])
        if _is_value(pair[0]) and _is_value(pair[1]) and pair[0] != pair[1]:
            wanted.append(pair[0])
            bad.append(pair[1])
    for found in _matches(grammar.BAD, line):
        keys.append(_bare(found["key"]))
        bad.append(_bare(found["value"]))
    for found in _matches(grammar.BAD_VALUE, line):
        bad.append(_bare(found["value"]))
        if found.groupdict().get("key"):
            keys.append(found["key"])
    return [key for key in keys if key.lower() not in _PROSE], [v for v in bad if _is_value(v)], wanted


def _keys_above(clue: Clue) -> list[str]:
    """Validators print the key on a line of its own above the complaint; tracebacks show the code that read it."""
    if not clue.before:
        return []
    above = _BARE_KEY.match(clue.before[-1]) or _ECHOED.match(clue.before[-1])
    if above:
        return [above[1]]
    is_exception = re.match(r"(?:\w+\.)*\w*(?:Error|Exception)\b", clue.line)
    return [key for line in clue.before[-4:] for key in _CODE_KEY.findall(line)] if is_exception else []


def _values_above(clue: Clue) -> list[str]:
    echoed = _ECHOED.match(clue.before[-1]) if clue.before else None
    return [echoed["value"]] if echoed else []


def _absent(clue: Clue, line: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(missing keys, unknown keys)."""
    missing = [str(m["key"]) for m in _matches(grammar.MISSING, line)]
    for found in _matches(grammar.NO_OPTION, line):
        missing = [f"{_bare(found['section'])}.{_bare(found['key'])}"]
    unknown = [str(m["key"]) for m in _matches(grammar.UNKNOWN, line)]
    above = (_BARE_KEY.match(clue.before[-1]) or _ECHOED.match(clue.before[-1])) if clue.before else None
    if above and _any(grammar.BARE_UNKNOWN, line):
        unknown.append(above[1])
    elif above and _any(grammar.BARE_MISSING, line):
        missing.append(above[1])
    return _named(missing), _named(unknown)


def _named(keys: list[str]) -> tuple[str, ...]:
    """The keys among what was written, without quotes: what stands in quotes is meant, even a common word."""
    return _unique([_bare(key) for key in keys if _is_key(_bare(key), is_quoted=_bare(key) != key)])


def _is_key(key: str, *, is_quoted: bool) -> bool:
    is_prose = key.lower() in _PROSE and not is_quoted
    return not is_prose and re.search(r"[A-Za-z]", key) is not None and not key.lower().endswith(_FILES)


def _choices(line: str) -> tuple[str, ...]:
    for found in _matches(grammar.CHOICES, line):
        listed = re.split(r"(?<=[\w\"'`\])}])(?:\.\s|\.$|;|\]|\)|\}| but | got | \(| \[)", found["list"].lstrip("[({"))[
            0
        ]
        parts = [
            _bare(part.strip(" ."))
            for part in re.split(r"\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s+and\s+|\s*\|\s*", listed)
        ]
        if len(parts) > 1 and all(re.fullmatch(r"[\w.+\-/:]{1,40}", part) for part in parts):
            return _unique(parts)
    return ()


def _range(line: str) -> tuple[float | None, float | None]:
    if _any(grammar.PORT_RANGE, line):
        return 1.0, 65535.0
    for found in _matches(grammar.BETWEEN, line):
        low, high = float(found[1]), float(found[2])
        if low < high:
            return low, high
    low = _first(grammar.AT_LEAST, line)
    high = _first(grammar.AT_MOST, line)
    if low is None and (above := _first(grammar.ABOVE, line)) is not None:
        low = above + 1 if above.is_integer() else above
    if high is None and (below := _first(grammar.BELOW, line)) is not None:
        high = below - 1 if below.is_integer() else below
    if low is None and high is None:
        low = 1.0 if _any(grammar.POSITIVE, line) else 0.0 if _any(grammar.NOT_NEGATIVE, line) else None
    return low, high


def _locations(line: str) -> tuple[tuple[str, int], ...]:
    found = [(m["path"] or "", int(m["line"])) for m in _matches(grammar.LOCATION, line)]
    return tuple(dict.fromkeys((path, at) for path, at in found if not path.endswith(_SOURCE_CODE)))


def _first(patterns: tuple[re.Pattern[str], ...], line: str) -> float | None:
    return next((float(found[1]) for found in _matches(patterns, line)), None)


def _matches(patterns: tuple[re.Pattern[str], ...], line: str) -> list[re.Match[str]]:
    return [found for pattern in patterns for found in pattern.finditer(line)]


def _any(patterns: tuple[re.Pattern[str], ...], line: str) -> bool:
    return any(pattern.search(line) for pattern in patterns)


def _bare(text: str) -> str:
    """Without quotes, brackets and the punctuation of the sentence."""
    if len(text) > 1 and text[0] in "\"'`\u2018\u201c":
        return text[1:-1]
    return text.rstrip(".,;:!?]").lstrip("[-")


def _is_value(text: str) -> bool:
    return any(c.isalnum() for c in text) and text.lower() not in _PROSE - _LEVELS and text.lower() not in _TYPE_NAMES


def _unique(items: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))
