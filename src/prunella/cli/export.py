"""`prunella export`: verified runs as chat messages, to fine-tune a small model on."""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from prunella.brains.chat.prompt import build_prompt
from prunella.brains.chat.wire import Way, states_why, tools_on_wire
from prunella.cli.exits import Exit
from prunella.cli.screen import note
from prunella.configs.known_good import FileKnownGood
from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, EvidenceKind, Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Entry, Outcome
from prunella.domain.plan import Plan, Step
from prunella.domain.report import Reading, Report
from prunella.domain.run import Event, EventKind, RunRecord, Verdict
from prunella.domain.service import Fleet
from prunella.domain.tool import Risk, ToolSpec
from prunella.errors import Misuse
from prunella.memory.learning import at_once
from prunella.redaction.assignments import REDACTED
from prunella.redaction.redactor import Redactor
from prunella.storage.events import read_events
from prunella.tools.names import wire_name
from prunella.tools.packs.config import ConfigPack
from prunella.tools.packs.files import FilesPack
from prunella.tools.packs.http import HttpPack
from prunella.tools.packs.services import ServicesPack
from prunella.wiring.records import open_records
from prunella.wiring.settings import Settings
from prunella.world.fleet_world import FleetWorld

_DAY_S = 86_400.0
_NO_TIMELINE, _NO_STEPS, _SECRET = "a timeline that is not kept any more", "no step of its own", "a secret in a step"


@dataclass(frozen=True)
class Example:
    """One verified run: what was to be seen before the first plan, and the steps that proved right."""

    brief: Brief
    cause: str
    steps: tuple[Step, ...]

    def line(self) -> str:
        """As chat messages, one line of JSON; the prompt is the one that a chat model gets."""
        prompt = build_prompt(self.brief, Way.CALLS)
        answer = {"role": "assistant", "content": self.cause, "tool_calls": list(self._calls())}
        messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}, answer]
        return json.dumps({"messages": messages, "tools": tools_on_wire(self.brief.tools)})

    def _calls(self) -> Iterator[JsonValue]:
        own_why = {spec.name for spec in self.brief.tools if states_why(spec)}
        for number, step in enumerate(self.steps, 1):
            why: dict[str, JsonValue] = {"why": step.why} if step.why and step.tool not in own_why else {}
            function: JsonValue = {"name": wire_name(step.tool), "arguments": json.dumps({**step.arguments, **why})}
            yield {"id": f"call_{number}", "type": "function", "function": function}


def export_chat(out: Path | None, since_days: float | None) -> Exit:
    """Every run with the verdict `achieved`, oldest first, one a line, to `out` or to standard output.

    The file is written whole or not at all, for its owner's eyes only.
    """
    lines, left_out = _lines(since_days)
    if not lines:
        note(f"There is nothing to export: no verified run{_since(since_days)}{_in_words(left_out)}.")
        return Exit.DONE
    if out is None:
        sys.stdout.writelines(lines)
    else:
        _write(out, "".join(lines))
    note(
        f"{len(lines)} verified run{'s'[: len(lines) > 1]} exported{f' to {out}' if out else ''}{_in_words(left_out)}."
    )
    return Exit.DONE


def _lines(since_days: float | None) -> tuple[list[str], Counter[str]]:
    """What can be exported, and why the rest cannot."""
    lines, left_out = list[str](), Counter[str]()
    with open_records(Settings.from_environment()) as book:
        records, specs = asyncio.run(book.runs.list()), _fleet_specs(book.home)
        for record in reversed([each for each in records if _is_wanted(each, since_days)]):
            events, entries = read_events(book.home, record.id), asyncio.run(book.journal.entries(record.id))
            found = _example(record, events, entries, specs)
            if isinstance(found, str):
                left_out[found] += 1
            else:
                lines.append(f"{found.line()}\n")
    return lines, left_out


def _is_wanted(record: RunRecord, since_days: float | None) -> bool:
    oldest = 0.0 if since_days is None else time.time() - since_days * _DAY_S
    return record.verdict is Verdict.ACHIEVED and (record.ended or 0.0) >= oldest


def _example(
    record: RunRecord, events: Sequence[Event], entries: Sequence[Entry], specs: tuple[ToolSpec, ...]
) -> Example | str:
    """The run as an example, or why it is none."""
    plans = {str(event.data["key"]): event for event in events if event.kind is EventKind.PLAN and "key" in event.data}
    kept = [entry for entry in entries if entry.outcome is Outcome.APPLIED]
    if not kept:
        return _NO_STEPS
    if not all(entry.plan in plans for entry in kept):
        return _NO_TIMELINE
    told = {key: _read_plan(plans[key]) for key in dict.fromkeys(entry.plan for entry in kept)}
    steps = at_once(step for key, plan in told.items() for step in _applied(plan, key, entries))
    if any(REDACTED in step.key for step in steps):
        return _SECRET
    cause = " ".join(dict.fromkeys(plan.cause for plan in told.values()))
    brief = _brief(record, _before_the_first_plan(events), specs if record.fleet else _guessed_specs(steps))
    return Example(brief, cause, steps)


def _read_plan(event: Event) -> Plan:
    """As the timeline tells it: redacted, unlike the journal."""
    return Plan.model_validate({name: event.data[name] for name in ("cause", "because", "steps")})


def _applied(plan: Plan, key: str, entries: Iterable[Entry]) -> Iterator[Step]:
    """The steps that stand; a plan that was begun anew has its entries from the first step again."""
    for place, entry in enumerate(each for each in entries if each.plan == key):
        if entry.outcome is Outcome.APPLIED:
            yield plan.steps[place % len(plan.steps)]


def _before_the_first_plan(events: Sequence[Event]) -> Sequence[Event]:
    first = next((place for place, event in enumerate(events) if event.kind is EventKind.PLAN), len(events))
    return events[:first]


def _brief(record: RunRecord, events: Sequence[Event], specs: tuple[ToolSpec, ...]) -> Brief:
    """What could be known when the first plan was made. The goal is the operator's own, so it is redacted here."""
    readings = {reading.probe: reading for event in events for reading in _readings(event)}
    evidence = dict.fromkeys(json.dumps(fact.model_dump(mode="json")) for event in events for fact in _facts(event))
    return Brief(
        goal=Redactor().text(record.goal),
        report=Report(readings=tuple(readings.values())),
        evidence=tuple(Evidence.model_validate_json(fact) for fact in evidence),
        tools=specs,
    )


def _readings(event: Event) -> Iterator[Reading]:
    if event.kind is EventKind.READING and event.node == "observe":
        with suppress(ValidationError):  # redaction may have taken what a field needs
            yield Reading.model_validate(event.data)


def _facts(event: Event) -> Iterator[Evidence]:
    with suppress(ValidationError):  # as above
        if event.kind is EventKind.EVIDENCE:
            yield Evidence.model_validate(event.data)
        elif event.kind is EventKind.LOOKUP:
            seen = Observation.model_validate(event.data)
            source = f"{seen.tool} {seen.arguments}"
            yield Evidence(kind=EvidenceKind.LOOKUP, source=source, text=str(seen), is_error=not seen.ok)


def _fleet_specs(home: Path) -> tuple[ToolSpec, ...]:
    """The tools of every fleet; what they say of themselves does not depend on one."""
    world = FleetWorld(Fleet(name="", path=home), (), home, FileKnownGood(home / "known-good"), Redactor())
    packs = (ConfigPack(world, {}), ServicesPack(world), FilesPack(world), HttpPack(frozenset()))
    return tuple(tool.spec for pack in packs for tool in pack.tools())


def _guessed_specs(steps: Iterable[Step]) -> tuple[ToolSpec, ...]:
    """Tools of an agent's own are not known here: as far as their calls tell."""
    guessed: dict[str, ToolSpec] = {}
    for step in steps:
        properties: dict[str, JsonValue] = {name: {} for name in step.arguments}
        parameters: dict[str, JsonValue] = {"type": "object", "properties": properties}
        guessed[step.tool] = ToolSpec(
            name=step.tool, description=step.tool, risk=Risk.CHANGE, parameters=parameters, returns={}
        )
    return tuple(guessed.values())


def _write(out: Path, text: str) -> None:
    """All of it or nothing; raises Misuse where it cannot be written."""
    try:
        descriptor, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(out)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Misuse(f"{out} cannot be written: {error.strerror or error}. Give --out another place.") from error


def _since(days: float | None) -> str:
    return "" if days is None else f" in the last {days:g} days"


def _in_words(left_out: Counter[str]) -> str:
    whys = ", ".join(f"{count} for {why}" for why, count in left_out.items())
    return f"; left out: {whys}" if whys else ""
