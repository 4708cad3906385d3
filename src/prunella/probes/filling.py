"""`{name}` in texts, and places in JSON: how the steps of a journey speak of what came before."""

import json
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

from prunella.domain.frozen import JsonValue
from prunella.fleet.placeholders import NAME

Known = Mapping[str, JsonValue]


class Missing(Exception):
    """There is nothing at a place of a JSON answer."""


def in_text(text: str, known: Known, shown: Callable[[str], str] = str) -> str:
    """With each `{name}` that is known replaced by its value, put through `shown`; others stay."""
    return NAME.sub(lambda found: shown(as_text(known[found[1]])) if found[1] in known else found[0], text)


def in_url(url: str, known: Known) -> str:
    """A value stays one part of the address, whatever is in it."""
    return in_text(url, known, lambda value: quote(value, safe=""))


def in_json(value: JsonValue, known: Known) -> JsonValue:
    """In texts at any depth. A text that is nothing but one `{name}` becomes the value itself: a number stays one."""
    match value:
        case str():
            whole = NAME.fullmatch(value)
            return known[whole[1]] if whole and whole[1] in known else in_text(value, known)
        case list():
            return [in_json(each, known) for each in value]
        case dict():
            return {key: in_json(each, known) for key, each in value.items()}
        case _:
            return value


def as_text(value: JsonValue) -> str:
    """A text as it is; anything else as JSON writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def at(place: str, document: JsonValue) -> JsonValue:
    """What stands at a dotted place: `items.0.id`. Raises Missing."""
    return _within(place.split("."), document)


def _within(parts: Iterable[str], value: JsonValue) -> JsonValue:
    for part in parts:
        match value:
            case dict() if part in value:
                value = value[part]
            case list() if part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            case _:
                raise Missing(part)
    return value


def same(one: JsonValue, other: JsonValue) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not."""
    match one, other:
        case (bool(), _) | (_, bool()):
            return one is other
        case list(), list():
            return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
        case dict(), dict():
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        case _:
            return one == other
