"""`prunella doctor`: is everything here that a heal needs? It says what it looked at, and what it did not."""

import asyncio
import json as json_format
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.markup import escape

from prunella.cli.exits import Exit
from prunella.cli.screen import Screen
from prunella.cli.status import state_of
from prunella.clock import SystemClock
from prunella.configs.reading import read_config
from prunella.domain.service import BrainsSpec, Fleet, Service
from prunella.domain.supervisor import DockerSupervisor, ProcessSupervisor, SystemdSupervisor
from prunella.errors import Misuse, PrunellaError
from prunella.fleet.file import find_fleet, load_fleet
from prunella.policy.autonomy import autonomy_for
from prunella.servers.kinds import is_postgres, is_redis
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.audit import audit_journal
from prunella.storage.pause import PauseFile
from prunella.wiring.records import Records, open_records
from prunella.wiring.settings import Settings

_EXTRAS = (("langchain_openai", "models"), ("langchain_anthropic", "anthropic"), ("langchain_ollama", "ollama"))
_TRIAL_S = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `ok` None for a thing that may well be absent, or that a heal may be for."""

    what: str
    ok: bool | None
    detail: str


def examine(fleet: Path | None, *, json: bool) -> Exit:
    """Exit 0 when nothing stands in the way of a heal."""
    findings = list(_findings(fleet))
    if json:
        for finding in findings:
            print(json_format.dumps(asdict(finding)))
    else:
        _print(findings)
    return Exit.MISUSE if any(finding.ok is False for finding in findings) else Exit.DONE


def _print(findings: list[Finding]) -> None:
    screen, width = Screen(), max(len(finding.what) for finding in findings)
    for finding in findings:
        sign = {True: "[green]✔[/]", False: "[red]✘[/]", None: "[dim]-[/]"}[finding.ok]
        first, *rest = finding.detail.splitlines() or [""]
        screen.say(f"{sign} {escape(f'{finding.what:<{width}}')}  {escape(first)}")
        for line in rest:
            screen.say(f"{'':{width + 4}}{escape(line)}")


def _findings(path: Path | None) -> Iterator[Finding]:
    settings = Settings.from_environment()
    yield from _state(settings)
    for package, extra in _EXTRAS:
        found = find_spec(package) is not None
        yield Finding(package, found or None, "here" if found else _missing(extra))
    yield _sandbox()
    yield _search()
    yield _tracing(settings)
    try:
        fleet = load_fleet(path.resolve() if path else find_fleet(Path.cwd()))
    except PrunellaError as error:
        yield Finding("fleet file", False if path else None, str(error))
        return
    yield Finding("fleet file", ok=True, detail=f"{fleet.path}: {', '.join(fleet.services)}")
    autonomy = autonomy_for(fleet.policy, yes=False, ask=False, interactive=True)
    yield Finding("autonomy", ok=True, detail=f"{autonomy} in a terminal; see [policy]")
    for service in fleet.services.values():
        yield _service(service, fleet)
    yield from _brains(fleet, settings)


def _missing(extra: str) -> str:
    return f"not installed: pip install 'prunella[{extra}]'"


def _sandbox() -> Finding:
    """A trial job is run in it."""
    from prunella.sandbox.bubblewrap import Bubblewrap

    async def trial() -> Path:
        async with asyncio.timeout(_TRIAL_S):
            return await Bubblewrap().ready()

    try:
        binary = asyncio.run(trial())
    except Misuse as error:
        return Finding("sandbox", None, str(error))
    except TimeoutError:
        return Finding("sandbox", None, f"a trial job did not end within {_TRIAL_S:g} s")
    return Finding(
        "sandbox", ok=True, detail=f"{binary} isolates: a trial job had no network, no root and nowhere to write"
    )


def _search() -> Finding:
    from prunella.retrieval.model import is_installed

    if is_installed():
        return Finding("search", ok=True, detail="lessons and evidence are found by meaning")
    return Finding("search", None, f"lessons and evidence are found by words; embeddings: {_missing('embeddings')}")


def _tracing(settings: Settings) -> Finding:
    """Only what PRUNELLA_TRACE asks for keeps a heal from starting: standard variables may be meant for others."""
    from prunella.telemetry.backends import backend_from, captures_content, is_ambient

    try:
        backend = backend_from(settings.environ)
    except Misuse as error:
        return Finding("tracing", None if is_ambient(settings.environ) else False, str(error))
    if backend is None or not backend.place:
        return Finding("tracing", None, "none but the local event log; PRUNELLA_TRACE=phoenix sends runs to Phoenix")
    if not _is_there("opentelemetry.proto"):
        return Finding(
            "tracing", None if is_ambient(settings.environ) else False, f"{backend.place}: {_missing('otel')}"
        )
    content = "with" if captures_content(settings.environ) else "without"
    return Finding("tracing", ok=True, detail=f"to {backend.place}, {content} prompts and outputs; nothing was sent")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _state(settings: Settings) -> Iterator[Finding]:
    try:
        with open_records(settings) as book:
            records = asyncio.run(book.runs.list())
            trust = list(_trust(book))
    except PrunellaError as error:
        yield Finding("state folder", ok=False, detail=str(error))
        return
    yield Finding("state folder", ok=True, detail=f"{settings.home}, {len(records)} runs")
    yield from trust
    for record in records:
        if state_of(record) == "cut short":
            yield Finding("cut short", None, f"run {record.id}: {record.goal} The next heal goes on with it.")


def _trust(book: Records) -> Iterator[Finding]:
    """What agents did, may do now, and wait for."""
    audit = audit_journal(book.runs.connection, book.sealer)
    told = f"all {audit.lines} lines are as they were written"
    faults = [f"{fault.message} See `prunella audit verify`." for fault in audit.faults[:1]]
    yield Finding("journal", None if faults else True, faults[0] if faults else told)
    unsealed = "PRUNELLA_KEY is not set: file modes are all that protects what is kept"
    yield Finding("encryption", bool(book.sealer) or None, f"key {book.sealer.key_id}" if book.sealer else unsealed)
    if pause := PauseFile(book.home).pause():
        yield Finding("paused", None, f"all agents are {pause}; `prunella resume` lets them go on")
    if waiting := asyncio.run(SqliteApprovals(book.runs.connection, SystemClock()).waiting()):
        yield Finding("approvals", None, f"{len(waiting)} wait for an answer: see `prunella approvals`")


def _service(service: Service, fleet: Fleet) -> Finding:
    """What can be told without starting or asking anything."""
    troubles = list(_troubles(service))
    looked = f"{len(service.config)} configuration files, {len(service.probes)} probes; nothing was asked or started"
    name = f"service {service.name}"
    if not troubles:
        return Finding(name, ok=True, detail=looked)
    return Finding(name, None, "\n".join(troubles).replace(f"{fleet.folder}/", ""))


def _troubles(service: Service) -> Iterator[str]:
    supervisor = service.supervisor
    if supervisor is None:
        yield "no supervisor: it can be looked at, not started or stopped"
    if isinstance(supervisor, ProcessSupervisor) and shutil.which(_program(supervisor)) is None:
        yield f"no executable {supervisor.command[0]}"
    yield from _missing_clients(service)
    for file in service.config:
        config = read_config(file)
        if not config.exists or config.fault:
            yield f"{file}: {config.fault or 'is missing'}"


def _missing_clients(service: Service) -> Iterator[str]:
    """What the fleet file asks for, and no package here can do."""
    wanted = {
        "docker": isinstance(service.supervisor, DockerSupervisor) and not _is_there("docker"),
        "postgres": service.connect is not None and is_postgres(service.connect) and not _is_there("psycopg"),
        "redis": service.connect is not None and is_redis(service.connect) and not _is_there("redis"),
    }
    yield from (_missing(extra) for extra, is_missing in wanted.items() if is_missing)
    if isinstance(service.supervisor, SystemdSupervisor) and shutil.which("systemctl") is None:
        yield "no executable systemctl"


def _program(supervisor: ProcessSupervisor) -> str:
    name = supervisor.command[0]
    return str(supervisor.cwd / name) if "/" in name else name


def _brains(fleet: Fleet, settings: Settings) -> Iterator[Finding]:
    from prunella.wiring.brains import REFLEX, Study, as_brain

    for name in fleet.brains.names:
        what, roles = f"brain {name}", _roles_of(name, fleet.brains)
        if name == REFLEX:
            yield Finding(what, ok=True, detail=f"{roles}; here, it needs no model")
            continue
        try:
            as_brain(name, Study(settings.environ))
        except PrunellaError as error:
            yield Finding(what, ok=False, detail=f"{roles}; {error}")
        else:
            yield Finding(what, ok=True, detail=f"{roles}; package and key are there, the model was not called")


def _roles_of(name: str, brains: BrainsSpec) -> str:
    """What it does, as people say it: `plans, judges`."""
    roles = {"plans": brains.ladder, "acts": brains.act, "judges": brains.judge, "summarises": brains.summarise}
    return ", ".join(role for role, names in roles.items() if name in names)
