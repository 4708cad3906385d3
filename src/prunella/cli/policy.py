"""`prunella policy`: what holds for each service, and what would become of one call, by which line of which file."""

import asyncio
import json as json_format
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from prunella.cli.calls import Call, call_in
from prunella.cli.exits import Exit
from prunella.cli.look import shorten, step_text
from prunella.cli.screen import Screen
from prunella.configs.known_good import FileKnownGood
from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Step
from prunella.domain.ruling import Autonomy, Permission, Ruling, Scope, stricter
from prunella.domain.service import Fleet
from prunella.domain.tool import Prepared, Risk
from prunella.errors import Irrecoverable, Rejected, Transient
from prunella.fleet.file import find_fleet, load_fleet
from prunella.policy.autonomy import autonomy_for
from prunella.policy.overview import Overview, overview_of
from prunella.policy.rules import Rules
from prunella.policy.weighing import Weighed, strictest_word
from prunella.redaction.redactor import Redactor
from prunella.tools.toolbox import Tools
from prunella.wiring.heal import fleet_tools
from prunella.wiring.records import open_records
from prunella.wiring.settings import Settings
from prunella.world.fleet_world import FleetWorld

_LOOK_S = 30.0
_HOUR_S = 3600.0
_STYLES = {Permission.ALLOW: "green", Permission.ASK: "yellow", Permission.DENY: "red"}
_LEVELS = {Autonomy.OBSERVE: "red", Autonomy.SUGGEST: "red", Autonomy.ASK: "yellow", Autonomy.AUTO: "green"}


@dataclass(frozen=True)
class Explained:
    """What would become of one call, rule by rule; `limits` are about a plan of that call alone."""

    step: Step
    ruling: Ruling
    rules: tuple[Weighed, ...]
    limits: tuple[Weighed, ...]
    notes: tuple[str, ...]


def explain_call(words: str, fleet: Path | None, *, json: bool) -> Exit:
    """What the policy says to one call, as in a terminal; looks, and touches nothing."""
    declared, settings = _load(fleet), Settings.from_environment()
    redactor = Redactor()
    tools = _tools_of(declared, settings, redactor)
    explained = asyncio.run(_explain(call_in(words, tools, declared), tools, declared, settings))
    if json:
        print(json_format.dumps(redactor.value(_as_json(explained)), ensure_ascii=False))
    else:
        _print_explained(Screen(), explained, str(declared.path), redactor)
    return Exit.DONE


def show_policy(fleet: Path | None, *, json: bool) -> Exit:
    """What is handed over, service by service, and every rule with its line."""
    declared = _load(fleet)
    names = [spec.name for spec in _tools_of(declared, Settings.from_environment(), Redactor()).specs]
    overview = overview_of(declared, _autonomy(declared), names, time.time())
    if json:
        print(json_format.dumps(overview.as_json(), ensure_ascii=False))
    else:
        _print_overview(Screen(), overview, str(declared.path))
    return Exit.DONE


def _tools_of(fleet: Fleet, settings: Settings, redactor: Redactor) -> Tools:
    """Looked at, never called."""
    home = settings.home.expanduser().absolute()
    world = FleetWorld(fleet, tuple(fleet.services), home, FileKnownGood(home / "known-good"), redactor)
    return fleet_tools(world, settings.environ)


def _load(fleet: Path | None) -> Fleet:
    return load_fleet(fleet.resolve() if fleet else find_fleet(Path.cwd()))


def _autonomy(fleet: Fleet) -> Autonomy:
    return autonomy_for(fleet.policy, yes=False, ask=False, interactive=True)


async def _explain(call: Call, tools: Tools, fleet: Fleet, settings: Settings) -> Explained:
    call, prepared, notes = await _prepare(call, tools)
    rules = Rules(fleet.policy, _autonomy(fleet), fleet.path)
    weighed = tuple(rules.weigh(call.step, call.tool.spec, prepared))
    ruling, limits = rules.rule(call.step, call.tool.spec, prepared), tuple[Weighed, ...]()
    if call.tool.spec.risk is not Risk.READ:
        scope = await _scope(prepared, fleet, settings)
        ruling, limits = _both(ruling, rules.rule_plan(scope)), tuple(rules.weigh_plan(scope))
    if fleet.policy.autonomy is None:
        notes = (*notes, "[policy] says no autonomy: it is ask in a terminal, and suggest elsewhere.")
    return Explained(call.step, ruling, weighed, limits, notes)


def _both(step: Ruling, plan: Ruling) -> Ruling:
    """The stricter one; where both are against it, with the reasons of both."""
    if Permission.ALLOW in {step.permission, plan.permission}:
        return stricter(step, plan)
    return strictest_word((Weighed("the step", "", step), Weighed("the plan", "", plan)))


async def _prepare(call: Call, tools: Tools) -> tuple[Call, Prepared, tuple[str, ...]]:
    """What the call would touch, and by which tool; a call that is impossible right now is ruled by its words."""
    try:
        async with asyncio.timeout(_LOOK_S):
            prepared = await call.tool.before(call.step.arguments)
    except (Rejected, Transient, Irrecoverable, TimeoutError) as error:
        said = str(error) or f"it took longer than {_LOOK_S:g} s to look"
        return call, Prepared(), (f"As things are the tool would refuse: {said}",)
    if not prepared.instead:
        return call, prepared, ()
    other = call.step.model_copy(update={"tool": prepared.instead})
    tool, note = tools.find(other), f"{call.step.tool} would be carried out by {prepared.instead}: {prepared.note}."
    if isinstance(tool, Observation) or prepared.instead == call.step.tool:
        return call, prepared, ()
    changed, again, notes = await _prepare(Call(other, tool), tools)
    return changed, again, (note, *notes)


async def _scope(prepared: Prepared, fleet: Fleet, settings: Settings) -> Scope:
    """A plan of this one step, now; a state folder that is not there yet is not made."""
    now, done = time.time(), 0
    if (settings.home.expanduser() / "state.db").exists():
        with open_records(settings) as records:
            done = await records.journal.changes_since(str(fleet.path), now - _HOUR_S)
    touched = {name for name in prepared.touches if name.startswith("service:")}
    return Scope(
        steps=1, services=tuple(sorted(name.removeprefix("service:") for name in touched)), at=now,
        written_bytes=prepared.written_bytes, rows=prepared.rows, changes_last_hour=done,
    )  # fmt: skip


def _as_json(explained: Explained) -> JsonValue:
    return {
        "tool": explained.step.tool,
        "arguments": explained.step.arguments,
        "permission": explained.ruling.permission.value,
        "reason": explained.ruling.reason,
        "final": explained.ruling.final,
        "rules": [_weighed_json(each) for each in explained.rules],
        "limits": [_weighed_json(each) for each in explained.limits],
        "notes": list(explained.notes),
    }


def _weighed_json(weighed: Weighed) -> JsonValue:
    says = weighed.ruling
    told: Mapping[str, JsonValue] = {
        "rule": weighed.rule,
        "place": weighed.place,
        "permission": says.permission.value if says else None,
        "reason": says.reason if says else "",
    }
    return dict(told)


def _print_explained(screen: Screen, explained: Explained, fleet: str, redactor: Redactor) -> None:
    call, says = redactor.value(explained.step.model_dump(mode="json")), explained.ruling
    screen.say(f"[bold]{escape(step_text(call) if isinstance(call, dict) else '')}[/]")
    head = f"[{_STYLES[says.permission]}]{says.permission.value:<5}[/]"
    _print_lines(screen, head, 6, shorten(says.reason, fleet))
    decided = next((each for each in explained.rules if each.ruling is not None), None)
    width = max(len(shorten(each.place, fleet)) for each in (*explained.rules, *explained.limits))
    screen.say("[dim]The rules, in order; the first that says something decides:[/]")
    for each in explained.rules:
        _print_rule(screen, each, fleet, width, each.rule, sign="▸" if each is decided else " ")
    if explained.limits:
        screen.say("[dim]A plan of this call alone, now; the strictest decides:[/]")
    for each in explained.limits:
        is_within = each.ruling is not None and each.ruling.permission is Permission.ALLOW
        told = f": {each.ruling.reason}" if is_within and each.rule.startswith("max_") and each.ruling else ""
        _print_rule(screen, each, fleet, width, f"{each.rule}{told}")
    for note in explained.notes:
        _print_lines(screen, "[yellow]![/]", 2, shorten(redactor.text(note), fleet))


def _print_rule(screen: Screen, weighed: Weighed, fleet: str, width: int, text: str, *, sign: str = " ") -> None:
    permission = weighed.ruling.permission if weighed.ruling else None
    word = f"[{_STYLES[permission]}]{permission.value:<5}[/]" if permission else "[dim]-    [/]"
    place = escape(f"{shorten(weighed.place, fleet):<{width}}")
    _print_lines(screen, f"{sign} {word} [dim]{place}[/] ", 10 + width, shorten(text, fleet))


def _print_lines(screen: Screen, head: str, indent: int, text: str) -> None:
    """`text` beside `head`, which is markup and, with the space after it, `indent` wide."""
    for number, line in enumerate(screen.fit(text, indent, 6)):
        screen.say(f"{head} {escape(line)}" if number == 0 else " " * indent + escape(line))


def _print_overview(screen: Screen, overview: Overview, fleet: str) -> None:
    rows = [(each.name, each.autonomy, shorten(each.place, fleet), each.rules) for each in overview.services]
    widths = [
        max(len(row[place]) for row in [("service", "autonomy", "by"), *(r[:3] for r in rows)]) for place in range(3)
    ]
    heads = "  ".join(text.ljust(width) for text, width in zip(("service", "autonomy", "by"), widths, strict=True))
    screen.say(f"[dim]{heads}  rules of its own[/]")
    for name, autonomy, place, rules in rows:
        lines = [shorten(str(each), fleet) for each in rules] or ["-"]
        for number, line in enumerate(lines):
            cells = (name, autonomy, place) if number == 0 else ("", "", "")
            first, second, third = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            (fitting,) = screen.fit(line, sum(widths) + 6)
            style = _LEVELS[Autonomy(autonomy)]
            screen.say(f"{escape(first)}  [{style}]{second}[/]  [dim]{escape(third)}[/]  {escape(fitting)}")
    for heading, lines in overview.sections:
        _print_section(screen, heading, [shorten(line, fleet) for line in lines])


def _print_section(screen: Screen, heading: str, lines: Iterable[str]) -> None:
    for place, line in enumerate(lines):
        for number, part in enumerate(screen.fit(line, 11, 4)):
            head = heading if place == 0 and number == 0 else ""
            screen.say(f"[dim]{head:<9}[/]  {escape(part)}")
