"""`prunella doctor`: is everything here that a heal needs?"""

import asyncio
import json as json_format
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from prunella.cli.exits import Exit
from prunella.domain.service import Fleet
from prunella.errors import PrunellaError
from prunella.fleet.file import find_fleet, load_fleet
from prunella.wiring.brains import brain_for
from prunella.wiring.settings import Settings
from prunella.wiring.workshop import open_workshop


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `ok` None for a thing that may well be absent."""

    what: str
    ok: bool | None
    detail: str


def examine(fleet: Path | None, *, json: bool) -> Exit:
    """Exit 0 when nothing is wrong."""
    findings = list(_findings(fleet))
    if json:
        for finding in findings:
            print(json_format.dumps(asdict(finding)))
    else:
        _print(findings)
    return Exit.MISUSE if any(finding.ok is False for finding in findings) else Exit.DONE


def _print(findings: list[Finding]) -> None:
    console = Console(highlight=False)
    for finding in findings:
        sign = {True: "[green]✔[/]", False: "[red]✘[/]", None: "[dim]-[/]"}[finding.ok]
        console.print(f"{sign} {escape(finding.what):<14} {escape(finding.detail)}", soft_wrap=True)


def _findings(path: Path | None) -> Iterator[Finding]:
    settings = Settings.from_environment()
    yield _state(settings)
    for package, extra in (
        ("langchain_openai", "models"),
        ("langchain_anthropic", "anthropic"),
        ("langchain_ollama", "ollama"),
    ):
        found = find_spec(package) is not None
        yield Finding(package, found or None, "here" if found else f"not installed: pip install 'prunella[{extra}]'")
    try:
        fleet = load_fleet(path.resolve() if path else find_fleet(Path.cwd()))
    except PrunellaError as error:
        yield Finding("fleet file", False if path else None, str(error))
        return
    yield Finding("fleet file", ok=True, detail=f"{fleet.path}: {', '.join(fleet.services)}")
    yield from _brains(fleet, settings)


def _state(settings: Settings) -> Finding:
    try:
        asyncio.run(_open(settings))
    except PrunellaError as error:
        return Finding("state folder", ok=False, detail=str(error))
    return Finding("state folder", ok=True, detail=str(settings.home))


async def _open(settings: Settings) -> None:
    async with open_workshop(settings):
        pass


def _brains(fleet: Fleet, settings: Settings) -> Iterator[Finding]:
    for name in fleet.ladder:
        if name != "reflex":
            try:
                brain_for((name,), None, settings.environ)
            except PrunellaError as error:
                yield Finding(f"brain {name}", ok=False, detail=str(error))
                continue
        yield Finding(f"brain {name}", ok=True, detail="can be loaded; nobody was called")
