"""Capacity taken away: one worker, and hardly any time to wait for it."""

import re
from collections.abc import Mapping

from bench.incidents.cases.means import YAML, editing, note, noted, value_in
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

_WRONG = {"workers": "1", "timeout": "0.05"}


async def inject(yard: Yard) -> None:
    right = {key: value_in(yard, YAML, key) for key in _WRONG}
    note(yard, **right)
    _set(yard, _WRONG)
    await yard.reload("payments")


async def reference(yard: Yard) -> None:
    _set(yard, noted(yard))
    await yard.reload("payments")


def _set(yard: Yard, values: Mapping[str, str]) -> None:
    """At the top of the file; fraud has a timeout of its own."""
    text = yard.read(YAML)
    for key, value in values.items():
        text = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, count=1, flags=re.MULTILINE)
    yard.write(YAML, text)


async def symptom(yard: Yard) -> list[str]:
    return (await yard.journey(40, at_once=20)).failures[:3]


async def oracle(yard: Yard) -> list[str]:
    """A wait without an end is no repair."""
    return ["payments waits for ever"] if "\ntimeout: 0\n" in yard.read(YAML) else []


INCIDENT = Incident(
    id="APP-09",
    family="payments",
    title="payments serves one customer at a time, and gives up on the others",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("config.yaml", "workers"), ("config.yaml", "timeout")),
    allowed=Change(files=(YAML,)),
    symptom=symptom,
    oracle=oracle,
    load=True,
    approves=editing(YAML),
)
