"""Fleets on paper: facts made from texts, and plans carried out on those texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from prunella.brains.reflex.brain import think
from prunella.configs.formats import editor_for, format_of
from prunella.domain.brief import Brief
from prunella.domain.facts import ConfigFacts, Facts, Reference, ServiceFacts
from prunella.domain.plan import Plan, Step, Unsure
from prunella.domain.probe import HttpProbe, TcpProbe
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import Attempt
from prunella.domain.service import Fleet, SecretRef, Service
from prunella.domain.setting import SettingChange
from prunella.domain.supervisor import CommandResult, Listener, ProcessSupervisor, ServiceStatus
from prunella.errors import Unparsable

ROOT = Path("/srv/fleet")


@dataclass(frozen=True)
class Unit:
    """A service on paper. `port`: where its probe looks; `listens`: where it listens now (None: nowhere)."""

    files: Mapping[str, str] = field(default_factory=dict[str, str])
    port: int | None = None
    listens: int | None = None
    needs: tuple[str, ...] = ()
    log: str = ""
    preflight: str | None = None
    running: bool = True
    supervised: bool = True
    tcp: bool = False
    stale: bool | None = None
    secrets: tuple[str, ...] = ()
    answer: str = ""
    detail: str = ""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    red: bool = False


def config_facts(path: Path, text: str) -> ConfigFacts:
    fmt = format_of(path, text)
    editor = editor_for(fmt)
    try:
        settings = editor.settings(text) if editor else ()
    except Unparsable as fault:
        return ConfigFacts(path=path, format=fmt, text=text, fault=str(fault), fault_line=fault.line)
    return ConfigFacts(path=path, format=fmt, text=text, settings=settings)


def reference(origin: str, path: str, good: str, now: str) -> Reference:
    before, after = config_facts(ROOT / path, good), config_facts(ROOT / path, now)
    old = {s.key: s.value for s in before.settings}
    new = {s.key: s.value for s in after.settings}
    changes = tuple(
        SettingChange(path=ROOT / path, key=key, before=old.get(key), after=new.get(key))
        for key in {**old, **new}
        if old.get(key) != new.get(key)
    )
    if after.fault:
        changes = ()
    return Reference(origin=origin, file=ROOT / path, text=good, settings=before.settings, changes=changes)


def _service(name: str, unit: Unit) -> Service:
    probe: tuple[HttpProbe | TcpProbe, ...] = ()
    if unit.port and unit.tcp:
        probe = (TcpProbe(name=f"{name} tcp", host="127.0.0.1", port=unit.port),)
    elif unit.port:
        probe = (HttpProbe(name=f"{name} http", url=f"http://127.0.0.1:{unit.port}/health"),)
    supervisor = ProcessSupervisor(command=("run", name), cwd=ROOT, env=dict(unit.env)) if unit.supervised else None
    return Service(
        name=name,
        folder=ROOT / name,
        supervisor=supervisor,
        config=tuple(ROOT / path for path in unit.files),
        needs=unit.needs,
        probes=probe,
        secrets=tuple(SecretRef(name=s, source="env", where=s) for s in unit.secrets),
    )


def facts_of(
    units: Mapping[str, Unit],
    target: str,
    references: tuple[Reference, ...] = (),
    listeners: tuple[Listener, ...] = (),
) -> Facts:
    services = {name: _service(name, unit) for name, unit in units.items()}
    heard = [
        Listener(host="127.0.0.1", port=u.listens, pid=100 + i, command=f"run {n}", service=n)
        for i, (n, u) in enumerate(units.items())
        if u.listens
    ]
    return Facts(
        fleet=Fleet(name="paper", path=ROOT / "prunella.toml", services=services),
        targets=(target,),
        services={name: _facts(services[name], unit) for name, unit in units.items()},
        listeners=(*heard, *listeners),
        references=references,
    )


def _facts(service: Service, unit: Unit) -> ServiceFacts:
    preflight = None
    if unit.preflight is not None:
        code = 1 if unit.preflight else 0
        preflight = CommandResult(command=("check",), exit_code=code, output=unit.preflight, duration_s=0.1)
    return ServiceFacts(
        service=service,
        status=ServiceStatus(running=unit.running, detail=unit.detail),
        files=tuple(config_facts(ROOT / path, text) for path, text in unit.files.items()),
        log=tuple(unit.log.strip("\n").split("\n")) if unit.log else (),
        preflight=preflight,
        is_stale=unit.stale,
    )


def report_of(units: Mapping[str, Unit]) -> Report:
    return Report(readings=tuple(_reading(name, unit) for name, unit in units.items() if unit.port))


def _reading(name: str, unit: Unit) -> Reading:
    probe = f"{name} http"
    if not unit.running or unit.listens != unit.port:
        return Reading(
            probe=probe, service=name, reach=Reach.NOBODY, detail=f"127.0.0.1:{unit.port} connection refused"
        )
    if unit.answer or unit.red:
        detail = "answered 500, expected 200"
        return Reading(probe=probe, service=name, reach=Reach.WRONG, detail=detail, body=unit.answer)
    return Reading(probe=probe, service=name, reach=Reach.RIGHT, detail="answered 200")


def brief_of(units: Mapping[str, Unit], attempts: tuple[Plan, ...] = ()) -> Brief:
    tried = tuple(Attempt(plan=plan, came_of_it="no change") for plan in attempts)
    return Brief(goal="heal", report=report_of(units), attempts=tried)


def texts_after(
    units: Mapping[str, Unit], steps: tuple[Step, ...], references: tuple[Reference, ...] = ()
) -> dict[str, str]:
    """The texts of all files, by path below the root, once the edits are made."""
    texts = {path: text for unit in units.values() for path, text in unit.files.items()}
    for step in steps:
        if not step.tool.startswith("config."):
            continue
        a = {name: str(value) for name, value in step.arguments.items()}
        path = str(Path(a["file"]).relative_to(ROOT))
        editor = editor_for(format_of(Path(path), texts[path]))
        if step.tool == "config.replace_text":
            assert texts[path].count(a["old"]) == 1, f"{a['old']!r} does not stand once in {path}"
            texts[path] = texts[path].replace(a["old"], a["new"])
        elif step.tool == "config.restore":
            texts[path] = next(r.text for r in references if r.origin == a["origin"] and str(r.file) == a["file"])
        elif step.tool == "config.set":
            assert editor is not None
            texts[path] = editor.set(texts[path], a["key"], a["value"])
        elif step.tool == "config.remove":
            assert editor is not None
            texts[path] = editor.remove(texts[path], a["key"])
    return texts


def proposals(
    units: Mapping[str, Unit],
    target: str,
    references: tuple[Reference, ...] = (),
    listeners: tuple[Listener, ...] = (),
    most: int = 5,
) -> list[Plan]:
    """What is proposed when one plan after the other does not help."""
    facts, tried = facts_of(units, target, references, listeners), list[Plan]()
    while len(tried) < most:
        proposal = think(facts, brief_of(units, tuple(tried)))
        if isinstance(proposal, Unsure):
            break
        tried.append(proposal)
    return tried


def rank_of(
    units: Mapping[str, Unit],
    target: str,
    file: str,
    good: str | tuple[str, ...],
    *,
    references: tuple[Reference, ...] = (),
    listeners: tuple[Listener, ...] = (),
) -> int | None:
    """The place (from 1) of the first proposal after which `file` reads `good`; None when it is not among five."""
    wanted = (good,) if isinstance(good, str) else good
    for rank, plan in enumerate(proposals(units, target, references, listeners), 1):
        if texts_after(units, plan.steps, references)[file] in wanted:
            return rank
    return None


def with_text(units: Mapping[str, Unit], name: str, file: str, text: str, **changes: object) -> dict[str, Unit]:
    """The fleet with one file of a service reading differently, and what else is seen of it."""
    unit = units[name]
    return {**units, name: replace(unit, files={**unit.files, file: text}, **changes)}  # pyright: ignore[reportArgumentType] (fields of Unit by name)
