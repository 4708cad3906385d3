"""What a shell offers after a Tab: from small files, with no heavy import, and silent about every trouble."""

import os
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import wraps
from pathlib import Path

import typer

Offer = list[tuple[str, str]]
_NEWEST = "SELECT id, services, verdict, goal FROM runs ORDER BY started DESC LIMIT 30"

_USED_LAST = "SELECT id, json_extract(lesson, '$.cause') FROM lessons ORDER BY used DESC LIMIT 30"


def _silent(offers: Callable[[typer.Context, str], Iterator[tuple[str, str]]]) -> Callable[[typer.Context, str], Offer]:
    """What begins as typed; nothing at all when anything goes wrong: a shell's prompt is no place for errors."""

    @wraps(offers)
    def complete(ctx: typer.Context, incomplete: str) -> Offer:
        try:
            return [(name, about) for name, about in offers(ctx, incomplete) if name.startswith(incomplete)]
        except Exception:  # noqa: BLE001 -- see above
            return []

    return complete


@_silent
def runs(ctx: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """The newest runs, read from the state database without making one."""
    del ctx, incomplete
    yield "last", "the newest run"
    with closing(sqlite3.connect(f"{_state_database().as_uri()}?mode=ro", uri=True, timeout=0.5)) as connection:
        for run, _, verdict, goal in connection.execute(_NEWEST):
            yield run, f"{verdict or 'not ended'}: {goal}"


@_silent
def lessons(ctx: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """The lessons used last, read as the runs are."""
    del ctx, incomplete
    with closing(sqlite3.connect(f"{_state_database().as_uri()}?mode=ro", uri=True, timeout=0.5)) as connection:
        yield from connection.execute(_USED_LAST)


@_silent
def services(ctx: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """The services of the fleet file that the command would read."""
    del incomplete
    path = ctx.params.get("fleet") or _fleet_file()
    for name, service in tomllib.loads(Path(path).read_text(encoding="utf-8"))["service"].items():
        yield name, ", ".join(service.get("config", []))


@_silent
def faults(ctx: typer.Context, incomplete: str) -> Iterator[tuple[str, str]]:
    """The demo's faults."""
    del ctx, incomplete
    from prunella.demo.faults import FAULTS

    for fault in FAULTS:
        yield fault.name, fault.description


def _state_database() -> Path:
    named = os.environ.get("PRUNELLA_HOME")
    if named:
        return Path(named).expanduser().absolute() / "state.db"
    import platformdirs

    return platformdirs.user_state_path("prunella") / "state.db"


def _fleet_file() -> Path:
    here = Path.cwd()
    return next(path for folder in (here, *here.parents) if (path := folder / "prunella.toml").is_file())
