"""The probes of a service: `{ http = "http://127.0.0.1:8080/health", every = "5s" }` and its kin."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict
from urllib.parse import urlsplit

from prunella.domain.service import CommandProbe, HttpProbe, LogProbe, ProbeSpec, ProcessProbe, TcpProbe
from prunella.fleet.places import folder_at, log_file
from prunella.fleet.table import Table, shown
from prunella.nearest import did_you_mean

EXAMPLE = 'Write probes = [{ http = "http://127.0.0.1:8080/health" }].'
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_INTERPRETER = re.compile(r"(?:python|pypy|perl|ruby|node|bash|sh|zsh|env|uv|poetry|npx|deno)[\d.]*|run")
_COMMON = ("name", "every", "timeout")


def probes_of(service: Table, folder: Path) -> tuple[ProbeSpec, ...]:
    """The declared probes, in order; `folder` is where their commands run. Two names of one service differ."""
    found: list[ProbeSpec] = []
    for table in service.tables("probes", EXAMPLE):
        probe = _probe(table, folder)
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


def _probe(table: Table, folder: Path) -> ProbeSpec | None:
    kinds = [kind for kind in _READERS if kind in table.values]
    if not kinds:
        _note_no_kind(table)
    elif len(kinds) > 1:
        table.note(kinds[1], f"One probe cannot be both {' and '.join(kinds)}.", "Write one table for each.")
    else:
        return _READERS[kinds[0]](table, folder)
    return None


def _note_no_kind(table: Table) -> None:
    others = [key for key in table.values if key not in {*_COMMON, "expect", "contains", "forbid", "lines", "cwd"}]
    suggestions = (did_you_mean(key, _READERS) for key in others)
    suggestion = next(filter(None, suggestions), f"Start it with one of: {', '.join(_READERS)}.")
    wrong = f', "{others[0]}" is none' if others else ""
    table.page.note(table.place, f"This probe has no known kind{wrong}.", suggestion)


class _Common(TypedDict):
    name: str
    every_s: float
    timeout_s: float


def _common(table: Table, name: str) -> _Common:
    return {
        "name": table.text("name", name),
        "every_s": table.seconds("every", 10.0),
        "timeout_s": table.seconds("timeout", 2.0),
    }


def _http(table: Table, _folder: Path) -> HttpProbe | None:
    table.refuse_unknown("http", "expect", "contains", *_COMMON)
    url, expect = table.text("http"), table.whole("expect", 200, 100, 599)
    common = _common(table, _http_name(url) if _is_url(table, url) else "http")
    return HttpProbe(**common, url=url, expect=expect, contains=table.text("contains"))


def _is_url(table: Table, url: str) -> bool:
    example = "Write it as http://127.0.0.1:8080/health."
    try:
        parts = urlsplit(url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError as error:
        table.note("http", f"This URL cannot be read: {error}.", example)
        return False
    if parts.password is not None:
        table.note("http", "This URL holds a password.", "No secret may stand in the fleet file; probe without one.")
        return False
    is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and port_fits and not re.search(r"\s", url)
    if not is_url:
        table.wrong("http", "a URL of http or https with a host", example)
    return is_url


def _http_name(url: str) -> str:
    """`http :8080/health` on this machine, `http example.com/health` elsewhere."""
    parts = urlsplit(url)
    host = "" if parts.hostname in _LOOPBACK else parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme} {host}{port}{parts.path.rstrip('/')}"[:60].rstrip() or parts.scheme


def _tcp(table: Table, _folder: Path) -> TcpProbe | None:
    table.refuse_unknown("tcp", *_COMMON)
    value = table.values["tcp"]
    found = (
        re.fullmatch(r"\[([0-9A-Fa-f:.%]+)\]:(\d{1,5})|([^\s:/]+):(\d{1,5})", value) if isinstance(value, str) else None
    )
    port = int(found[2] or found[4]) if found else 0
    if found is None or not 0 < port < 65536:
        written = f'"127.0.0.1:{value}"' if isinstance(value, int) else '"127.0.0.1:5432"'
        table.wrong("tcp", "host:port", f"Write tcp = {written}.")
        _common(table, "tcp")
        return None
    host = found[1] or found[3]
    return TcpProbe(**_common(table, f"tcp {'' if host in _LOOPBACK else host}:{port}"), host=host, port=port)


def _process(table: Table, _folder: Path) -> ProcessProbe | None:
    table.refuse_unknown("process", *_COMMON)
    if table.values["process"] is not True:
        table.wrong("process", "true", "Leave the probe out if it is not wanted.")
    return ProcessProbe(**_common(table, "process"))


def _log(table: Table, _folder: Path) -> LogProbe | None:
    table.refuse_unknown("log", "forbid", "lines", *_COMMON)
    path, forbid = log_file(table, "log"), _forbidden(table)
    common = _common(table, f"log {path.name}" if path else "log")
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


def _command(table: Table, folder: Path) -> CommandProbe | None:
    table.refuse_unknown("command", "expect", "cwd", *_COMMON)
    command = table.command("command")
    common = _common(table, f"command {_command_name(command)}" if command else "command")
    expect, cwd = table.whole("expect", 0, 0, 255), folder_at(table, "cwd", folder)
    return CommandProbe(**common, command=command, cwd=cwd, expect=expect) if command else None


def _command_name(command: tuple[str, ...]) -> str:
    """The script's name rather than its interpreter's."""
    words = [Path(word).name for word in command if not word.startswith("-")]
    scripts = (word for word in words if word and not _INTERPRETER.fullmatch(word))
    return next(scripts, shlex.join(command))[:40]


_READERS: dict[str, Callable[[Table, Path], ProbeSpec | None]] = {
    "http": _http,
    "tcp": _tcp,
    "process": _process,
    "log": _log,
    "command": _command,
}
