"""The probes of a service: `{ http = "http://127.0.0.1:8080/health", every = "5s" }` and its kin."""

import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from prunella.domain.probe import CommandProbe, HttpProbe, LogProbe, ProbeSpec, ProcessProbe, TcpProbe
from prunella.fleet.journeys import journey
from prunella.fleet.places import folder_at, log_file
from prunella.fleet.probe_table import COMMON, Around, common_of, is_web_url, place_in, short_host, short_place
from prunella.fleet.probing_servers import disk, redis, sql, tls
from prunella.fleet.table import Table, shown
from prunella.nearest import did_you_mean

EXAMPLE = 'Write probes = [{ http = "http://127.0.0.1:8080/health" }].'
_INTERPRETER = re.compile(r"(?:python|pypy|perl|ruby|node|bash|sh|zsh|env|uv|poetry|npx|deno)[\d.]*|run")
_OPTIONS = {
    *COMMON, "expect", "contains", "forbid", "lines", "cwd",
    "query", "password", "write", "free", "inodes", "ca", "days",
}  # fmt: skip


def probes_of(service: Table, folder: Path) -> tuple[ProbeSpec, ...]:
    """The declared probes, in order; `folder` is where their commands run. Two names of one service differ."""
    found: list[ProbeSpec] = []
    secrets = service.values.get("secrets")
    around = Around(folder, tuple(cast("Mapping[str, object]", secrets)) if isinstance(secrets, Mapping) else ())
    for table in service.tables("probes", EXAMPLE):
        probe = _probe(table, around)
        if probe is not None:
            found.append(_with_own_name(table, probe, [other.name for other in found]))
    return tuple(found)


def _with_own_name(table: Table, probe: ProbeSpec, taken: list[str]) -> ProbeSpec:
    if probe.name not in taken:
        return probe
    if "name" in table.values:
        table.note("name", f'Two probes of one service are called "{probe.name}".', "Give one another name.")
    number = next(number for number in range(2, len(taken) + 3) if f"{probe.name} ({number})" not in taken)
    return probe.model_copy(update={"name": f"{probe.name} ({number})"})


def _probe(table: Table, around: Around) -> ProbeSpec | None:
    kinds = [kind for kind in _READERS if kind in table.values]
    if not kinds:
        _note_no_kind(table)
    elif len(kinds) > 1:
        table.note(kinds[1], f"One probe cannot be both {' and '.join(kinds)}.", "Write one table for each.")
    else:
        return _READERS[kinds[0]](table, around)
    return None


def _note_no_kind(table: Table) -> None:
    others = [key for key in table.values if key not in _OPTIONS]
    suggestions = (did_you_mean(key, _READERS) for key in others)
    suggestion = next(filter(None, suggestions), f"Start it with one of: {', '.join(_READERS)}.")
    wrong = f', "{others[0]}" is none' if others else ""
    table.page.note(table.place, f"This probe has no known kind{wrong}.", suggestion)


def _http(table: Table, _around: Around) -> HttpProbe | None:
    table.refuse_unknown("http", "expect", "contains", *COMMON)
    expect, contains = table.whole("expect", 200, 100, 599), table.text("contains")
    if not is_web_url(table, "http"):
        common_of(table, "http")
        return None
    url = table.text("http")
    return HttpProbe(**common_of(table, _http_name(url)), url=url, expect=expect, contains=contains)


def _http_name(url: str) -> str:
    """`http :8080/health` on this machine, `http example.com/health` elsewhere."""
    parts = urlsplit(url)
    return f"{parts.scheme} {short_place(parts)}"[:60].rstrip() or parts.scheme


def _tcp(table: Table, _around: Around) -> TcpProbe | None:
    table.refuse_unknown("tcp", *COMMON)
    place = place_in(table, "tcp", 5432)
    if place is None:
        common_of(table, "tcp")
        return None
    host, port = place
    return TcpProbe(**common_of(table, f"tcp {short_host(host)}:{port}"), host=host, port=port)


def _process(table: Table, _around: Around) -> ProcessProbe | None:
    table.refuse_unknown("process", *COMMON)
    if table.values["process"] is not True:
        table.wrong("process", "true", "Leave the probe out if it is not wanted.")
    return ProcessProbe(**common_of(table, "process"))


def _log(table: Table, _around: Around) -> LogProbe | None:
    table.refuse_unknown("log", "forbid", "lines", *COMMON)
    path, forbid = log_file(table, "log"), _forbidden(table)
    common = common_of(table, f"log {path.name}" if path else "log")
    lines = table.whole("lines", 100, 1)
    return LogProbe(**common, path=path, forbid=forbid, lines=lines) if path else None


def _forbidden(table: Table) -> str:
    table.require("forbid", '"ERROR|CRITICAL"')
    forbid = table.text("forbid")
    try:
        re.compile(forbid)
    except (re.error, RecursionError, OverflowError) as error:
        table.note(
            "forbid", f"{shown(forbid)} is no regular expression: {error}.", 'Write one such as "ERROR|CRITICAL".'
        )
    return forbid


def _command(table: Table, around: Around) -> CommandProbe | None:
    table.refuse_unknown("command", "expect", "cwd", *COMMON)
    command = table.command("command")
    common = common_of(table, f"command {_command_name(command)}" if command else "command")
    expect, cwd = table.whole("expect", 0, 0, 255), folder_at(table, "cwd", around.folder)
    return CommandProbe(**common, command=command, cwd=cwd, expect=expect) if command else None


def _command_name(command: tuple[str, ...]) -> str:
    """The script's name rather than its interpreter's."""
    words = [Path(word).name for word in command if not word.startswith("-")]
    scripts = (word for word in words if word and not _INTERPRETER.fullmatch(word))
    return next(scripts, shlex.join(command))[:40]


_READERS: dict[str, Callable[[Table, Around], ProbeSpec | None]] = {
    "http": _http,
    "tcp": _tcp,
    "process": _process,
    "log": _log,
    "command": _command,
    "sql": sql,
    "redis": redis,
    "disk": disk,
    "tls": tls,
    "journey": journey,
}
