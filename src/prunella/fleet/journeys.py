"""A journey: `[{ post = "http://…/pay", json = {…}, save = { id = "id" } }, { get = "http://…/pay/{id}" }]`."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast
from urllib.parse import urlsplit

from prunella.domain.frozen import JsonValue
from prunella.domain.probe import JourneyProbe, JourneyStep
from prunella.fleet.placeholders import RANDOM, names_in
from prunella.fleet.probe_table import COMMON, Around, authority_in, common_of, is_web_url, short_place
from prunella.fleet.table import Table, shown
from prunella.nearest import did_you_mean

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_PARTS = ("json", "headers", "expect", "contains", "equals", "save")
_EXAMPLE = 'Write journey = [{ get = "http://127.0.0.1:8080/" }].'
_SAVE = 'Write save = { id = "id" }: a name, and where the JSON answer has its value.'


def journey(table: Table, _around: Around) -> JourneyProbe | None:
    table.refuse_unknown("journey", "ca", *COMMON)
    if table.values["journey"] == []:
        table.note("journey", "`journey` is empty.", _EXAMPLE)
    saved: list[str] = []
    steps: list[JourneyStep] = []
    for each in table.tables("journey", _EXAMPLE):
        method = _method(each)
        if method:
            steps.append(_step(each, method, saved))
            saved += steps[-1].save
    common = common_of(table, _name(steps))
    ca = authority_in(table)
    return JourneyProbe(**common, steps=tuple(steps), ca=ca) if steps else None


def _name(steps: list[JourneyStep]) -> str:
    """`journey :8080/pay`, after where it begins."""
    try:
        return f"journey {short_place(urlsplit(steps[0].url))}"[:60].rstrip() if steps else "journey"
    except ValueError:
        return "journey"


def _method(table: Table) -> str:
    """The one key that is a method; "" and a mistake noted for none and for two."""
    methods = [key for key in table.values if key in _METHODS]
    if len(methods) == 1:
        return methods[0]
    if methods:
        table.note(methods[1], f"One step cannot be both {' and '.join(methods)}.", "Write one table for each.")
        return ""
    others = [key for key in table.values if key not in _PARTS]
    suggestions = (did_you_mean(key, _METHODS) for key in others)
    suggestion = next(filter(None, suggestions), f"Start it with one of: {', '.join(_METHODS)}.")
    wrong = f', "{others[0]}" is none' if others else ""
    table.page.note(table.place, f"This step has no known method{wrong}.", suggestion)
    return ""


def _step(table: Table, method: str, saved: list[str]) -> JourneyStep:
    table.refuse_unknown(method, *_PARTS)
    step = JourneyStep(
        method=method.upper(),
        url=table.text(method) if is_web_url(table, method) else "",
        headers=_headers(table.table("headers", 'Write headers = { Accept = "text/html" }.')),
        json_body=_json(table, "json"),
        expect=table.whole("expect", 200, 100, 599),
        contains=table.text("contains"),
        equals=dict(_places(table.table("equals", "Write equals = { amount = 100 }."))),
        save=_saves(table.table("save", _SAVE)),
    )
    _check_names(table, step, method, saved)
    return step


def _headers(table: Table) -> dict[str, str]:
    for name, value in table.values.items():
        if not isinstance(value, str):
            table.wrong(name, "a text in quotes", f'Write {name} = "{str(value).lower()}".')
    return {name: value for name, value in table.values.items() if isinstance(value, str)}


def _json(table: Table, key: str) -> JsonValue:
    value = table.values.get(key)
    if _is_json(value):
        return cast("JsonValue", value)
    table.note(key, f"`{key}` holds what JSON cannot, such as a date.", "Write dates and times in quotes.")
    return None


def _is_json(value: object) -> bool:
    match value:
        case dict():
            return all(_is_json(each) for each in cast("dict[str, object]", value).values())
        case list():
            return all(_is_json(each) for each in cast("list[object]", value))
        case float():
            return math.isfinite(value)
        case _:
            return value is None or isinstance(value, str | int)


def _places(table: Table) -> Iterator[tuple[str, JsonValue]]:
    """What dotted places have to hold; TOML makes tables of `payer.name = "x"` where it has no quotes."""
    for key in table.values:
        if table.has_table(key) and table.values[key]:
            yield from ((f"{key}.{place}", wanted) for place, wanted in _places(table.table(key)))
        else:
            yield key, _json(table, key)


def _saves(table: Table) -> dict[str, str]:
    for name in table.values:
        if not re.fullmatch(r"\w+", name):
            table.note(name, f'"{name}" is no name for a saved value.', "Use letters, digits and underscores.")
        elif name == RANDOM:
            table.note(name, f"{{{RANDOM}}} is letters that differ each time.", "Save it under another name.")
        elif not isinstance(table.values[name], str):
            table.wrong(name, "a place in the JSON answer", _SAVE)
    return {name: place for name, place in table.values.items() if isinstance(place, str)}


def _check_names(table: Table, step: JourneyStep, method: str, saved: Iterable[str]) -> None:
    used: Mapping[str, JsonValue] = {
        method: step.url, "headers": dict(step.headers), "json": step.json_body, "equals": dict(step.equals),
    }  # fmt: skip
    known = (*saved, RANDOM)
    for key, value in used.items():
        for name in dict.fromkeys(names_in(value)):
            if name not in known:
                suggestion = did_you_mean(name, known) or f'Save it first: save = {{ {name} = "{name}" }}.'
                table.note(key, f"No earlier step saves {shown(name)}.", suggestion)
