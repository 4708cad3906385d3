"""Which of the known names a model means by one that is nearly it; none when it could mean another deed."""

import re
from collections.abc import Iterable

_NAMESPACE = re.compile(r"(?:functions?|tools?|default_api|api|mcp|prunella)(?:\.|:|/|__)", re.IGNORECASE)
_RUBBISH = re.compile(r"<\|.*|\(\)?$|:\d{1,9}$", re.DOTALL)
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_LONGEST = 100
_FILLERS = frozenset({"name", "path", "id", "value", "arg", "argument", "param", "parameter", "new", "the", "str"})
_WORDS = frozenset(
    re.findall(
        r"\w+",
        "add allow apply backup block cat check clean clear close copy create delete deny describe diff disable "
        "drain drop dump edit enable exec execute fetch find flush force get grant halt info insert inspect "
        "install kill list load lock log logs look mask mount move open patch pause peek ping plan poll post print "
        "probe pull purge push put query read reload remove rename reset restart restore resume revoke rollback "
        "rotate run save scale scan search send set shell show sleep start stat state stats status step stop store "
        "suspend swap sync tail test touch trace trigger undo unlock unset update upgrade vacuum verify view wait "
        "watch write host port user path first last least most source target input output dest from to key value "
        "old new before after",
    )
)


def meant(name: str, known: Iterable[str], *, with_typos: bool = True) -> str | None:
    """The one of `known` that differs in case, separators or namespace only; else in the order of its words; else in
    one misspelt word. None when two are as near, or the misspelt word is a word of its own (`get` for `set`).
    """
    names = tuple(dict.fromkeys(known))
    if name in names:
        return name
    forms = plain_names(name)
    for is_same in (_same_letters, _same_words, _misspelt) if with_typos else (_same_letters,):
        found = [other for other in names if any(is_same(form, other) for form in forms)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def meant_parameter(name: str, known: Iterable[str]) -> str | None:
    """As `meant`, and by a word that adds nothing: `filename` and `file_path` for `file`."""
    names = tuple(known)
    near = meant(name, names)
    if near or len(name) > _LONGEST:
        return near
    found = [other for other in names if _differs_by_filler(_squashed(name), _squashed(other))]
    return found[0] if len(found) == 1 else None


def plain_names(name: str) -> tuple[str, ...]:
    """Without the marks that models put around a tool's name, with and without its namespace; empty for none."""
    whole = plain = _RUBBISH.sub("", name.strip().strip("`\"'*")[:1000])
    while prefix := _NAMESPACE.match(plain):
        plain = plain[prefix.end() :]
    return tuple(dict.fromkeys(form for form in (whole, plain) if 0 < len(form) <= _LONGEST))


def _same_letters(name: str, other: str) -> bool:
    return _squashed(name) == _squashed(other) != ""


def _same_words(name: str, other: str) -> bool:
    return sorted(_words(name)) == sorted(_words(other))


def _misspelt(name: str, other: str) -> bool:
    """True when one word alone differs, by a typo."""
    given, known = _words(name), _words(other)
    if len(given) != len(known):
        return False
    differing = [(one, two) for one, two in zip(given, known, strict=True) if one != two]
    return len(differing) == 1 and _is_typo(*differing[0])


def _is_typo(word: str, known: str) -> bool:
    """One edit in a word of five letters, two in one of eight; never in the first letter, never another word."""
    if word[0] != known[0] or word in _WORDS or len(known) < 5:
        return False
    return edits(word, known, 2) <= (2 if len(known) >= 8 else 1)


def edits(one: str, two: str, most: int) -> int:
    """Letters to add, drop, change or swap with their neighbour; `most` + 1 for more than `most`."""
    if abs(len(one) - len(two)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(two) + 1))
    for place, letter in enumerate(one, start=1):
        next_row = [place]
        for column, other in enumerate(two, start=1):
            cost = min(row[column] + 1, next_row[-1] + 1, row[column - 1] + (letter != other))
            if place > 1 and column > 1 and letter == two[column - 2] and one[place - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            next_row.append(cost)
        before, row = row, next_row
    return min(row[-1], most + 1)


def _differs_by_filler(name: str, other: str) -> bool:
    short, long = sorted((name, other), key=len)
    if len(short) < 3:
        return False
    return (long.startswith(short) and long[len(short) :] in _FILLERS) or (
        long.endswith(short) and long[: -len(short)] in _FILLERS
    )


def _squashed(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _PART.findall(name)]
