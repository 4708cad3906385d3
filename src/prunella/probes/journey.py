"""Do requests, one after the other, answer as they should?"""

import asyncio
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import cast

from prunella.domain.frozen import JsonValue
from prunella.domain.probe import JourneyProbe, JourneyStep
from prunella.domain.report import Reach, Reading
from prunella.fleet.placeholders import RANDOM
from prunella.probes.bounded import Answer, silent
from prunella.probes.exchange import Request, Response, answer_to
from prunella.probes.filling import Missing, at, in_json, in_text, in_url, same

_MOST_BYTES = 1024 * 1024
_MOST_CHARACTERS = 80
_LETTERS = 12


def some_letters() -> str:
    return "".join(random.choices(string.ascii_lowercase, k=_LETTERS))


class JourneyLook:
    """Probe: sends each request once, each on a connection of its own; the first that goes wrong is the last."""

    def __init__(self, spec: JourneyProbe, letters: Callable[[], str] = some_letters) -> None:
        self._spec, self._letters = spec, letters

    async def look(self) -> Reading:
        walk = _Walk(self._spec, self._letters())
        try:
            async with asyncio.timeout(self._spec.timeout_s):
                answer = await walk.to_the_end()
        except TimeoutError:
            answer = walk.stopped(silent(self._spec.timeout_s))
        return Reading(probe=self._spec.name, reach=answer.reach, detail=answer.detail, body=answer.body)


@dataclass
class _Walk:
    """One look. `known` are the saved values by name; `done` tells of each step that went well."""

    spec: JourneyProbe
    letters: str
    known: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    done: list[str] = field(default_factory=list[str])

    async def to_the_end(self) -> Answer:
        self.known[RANDOM] = self.letters
        for step in self.spec.steps:
            wrong = await self._take(step)
            if wrong is not None:
                return self.stopped(wrong)
        return Answer(Reach.RIGHT, ", ".join(self.done))

    def stopped(self, wrong: Answer) -> Answer:
        """At the step after those that are done. What differs each time is shown by its name."""
        number, steps = len(self.done), self.spec.steps
        place = f"step {number + 1} of {len(steps)}, {steps[number].method} {steps[number].url}"
        before = f"; before it {', '.join(self.done)}" if self.done else ""
        told = f"{place}: {wrong.detail}{before}".replace(self.letters, f"{{{RANDOM}}}")
        return replace(wrong, detail=told, body=wrong.body.replace(self.letters, f"{{{RANDOM}}}"))

    async def _take(self, step: JourneyStep) -> Answer | None:
        """None when the step went well."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        found = await answer_to(self._request(step))
        if isinstance(found, Answer):
            return found
        took = f"{1000 * (loop.time() - begun):.0f} ms"
        faults = tuple(self._faults(step, found))
        if faults:
            return Answer(Reach.WRONG, f"{', '.join(faults)}, after {took}", found.quoted)
        self.done.append(f"{step.method} {step.url} {found.status} in {took}")
        return None

    def _request(self, step: JourneyStep) -> Request:
        body = b"" if step.json_body is None else json.dumps(in_json(step.json_body, self.known)).encode()
        headers = {name: in_text(value, self.known) for name, value in step.headers.items()}
        url = in_url(step.url, self.known)
        return Request(url, step.method, headers, body, self.spec.ca, _MOST_BYTES)

    def _faults(self, step: JourneyStep, found: Response) -> Iterator[str]:
        """Saves what the step saves."""
        contains = in_text(step.contains, self.known)
        if found.status != step.expect:
            yield f"HTTP {found.status}, expected {step.expect}"
        elif contains not in found.body:
            yield f"HTTP {found.status} without {contains!r} in its body"
        elif step.equals or step.save:
            yield from self._faults_inside(step, found.body)

    def _faults_inside(self, step: JourneyStep, body: str) -> Iterator[str]:
        try:
            document = cast("JsonValue", json.loads(body))
        except ValueError as error:
            yield f"the answer is no JSON ({error})"
            return
        for place, wanted in step.equals.items():
            yield from _difference(place, document, in_json(wanted, self.known))
        for name, place in step.save.items():
            yield from self._save(name, place, document)

    def _save(self, name: str, place: str, document: JsonValue) -> Iterator[str]:
        try:
            value = at(place, document)
        except Missing:
            value = None
        if value is None:
            yield f"there is no {place} to save as {name}"
        else:
            self.known[name] = value


def _difference(place: str, document: JsonValue, wanted: JsonValue) -> Iterator[str]:
    try:
        value = at(place, document)
    except Missing:
        yield f"{place} is missing, expected {_shown(wanted)}"
        return
    if not same(value, wanted):
        yield f"{place} is {_shown(value)}, expected {_shown(wanted)}"


def _shown(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
