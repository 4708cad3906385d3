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
from prunella.configs.reading import read_config
from prunella.domain.service import Fleet, ProcessSupervisor, Service
from prunella.errors import PrunellaError
from prunella.fleet.file import find_fleet, load_fleet
from prunella.policy.autonomy import autonomy_for
from prunella.wiring.records import open_records
from prunella.wiring.settings import Settings

_EXTRAS = (("langchain_openai", "models"), ("langchain_anthropic", "anthropic"), ("langchain_ollama", "ollama"))


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
        yield Finding(package, found or None, "here" if found else f"not installed: pip install 'prunella[{extra}]'")
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


def _state(settings: Settings) -> Iterator[Finding]:
    try:
        with open_records(settings) as book:
            records = asyncio.run(book.runs.list())
    except PrunellaError as error:
        yield Finding("state folder", ok=False, detail=str(error))
        return
    yield Finding("state folder", ok=True, detail=f"{settings.home}, {len(records)} runs")
    for record in records:
        if state_of(record) == "cut short":
            yield Finding("cut short", None, f"run {record.id}: {record.goal} The next heal goes on with it.")


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
    for file in service.config:
        config = read_config(file)
        if not config.exists or config.fault:
            yield f"{file}: {config.fault or 'is missing'}"


def _program(supervisor: ProcessSupervisor) -> str:
    name = supervisor.command[0]
    return str(supervisor.cwd / name) if "/" in name else name


def _brains(fleet: Fleet, settings: Settings) -> Iterator[Finding]:
    from prunella.wiring.brains import REFLEX, Study, as_brain

    for name in fleet.brains.names:
        if name == REFLEX:
            yield Finding("brain reflex", ok=True, detail="here; it needs no model")
            continue
        try:
            as_brain(name, Study(settings.environ))
        except PrunellaError as error:
            yield Finding(f"brain {name}", ok=False, detail=str(error))
        else:
            yield Finding(f"brain {name}", ok=True, detail="package and key are there; the model was not called")
