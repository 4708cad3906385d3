"""What the tables of all probes have, and how addresses in them are read."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict
from urllib.parse import SplitResult, parse_qs, urlsplit

from prunella.fleet.places import log_file
from prunella.fleet.table import Table
from prunella.nearest import did_you_mean

COMMON = ("name", "every", "timeout")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_HOST_PORT = re.compile(r"\[([0-9A-Fa-f:.%]+)\]:(\d{1,5})|([^\s:/]+):(\d{1,5})")
_SECRET_OPTIONS = {"password", "sslpassword", "passwd", "ssl_password"}


@dataclass(frozen=True)
class Around:
    """The service that a probe belongs to: where its commands run, and which secrets it declares."""

    folder: Path
    secrets: Collection[str]


class Common(TypedDict):
    name: str
    every_s: float
    timeout_s: float


def common_of(table: Table, name: str) -> Common:
    return {
        "name": table.text("name", name),
        "every_s": table.seconds("every", 10.0),
        "timeout_s": table.seconds("timeout", 2.0),
    }


def is_web_url(table: Table, key: str) -> bool:
    """Whether `key` holds one of http or https; a mistake is noted."""
    example = "Write it as http://127.0.0.1:8080/health."
    parts = address_in(table, key, example)
    if parts is None:
        return False
    is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", parts.geturl())
    if not is_url:
        table.wrong(key, "a URL of http or https with a host", example)
    return is_url


def address_in(table: Table, key: str, example: str) -> SplitResult | None:
    """The URL that `key` holds, taken apart; None, and a mistake noted, for none and for one with a password in it."""
    text = table.text(key)
    if not isinstance(table.values[key], str):
        return None
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        table.note(key, f"This URL cannot be read: {error}.", example)
        return None
    if parts.password is not None or _SECRET_OPTIONS & set(parse_qs(parts.query, keep_blank_values=True)):
        table.note(key, "This URL holds a password.", _no_password(key))
        return None
    if port == 0:
        table.note(key, "This URL cannot be read: there is no port 0.", example)
        return None
    return parts


def _no_password(key: str) -> str:
    if key in {"sql", "redis"}:
        return 'Take it out, write secrets = { NAME = "env:NAME" } for the service, and here password = "NAME".'
    return "No secret may stand in the fleet file; probe without one."


def place_in(table: Table, key: str, port: int) -> tuple[str, int] | None:
    """The host and the port that `key` names; `port` is the one that the suggestion shows."""
    value = table.values[key]
    found = _HOST_PORT.fullmatch(value) if isinstance(value, str) else None
    number = int(found[2] or found[4]) if found else 0
    if found is not None and 0 < number < 65536:
        return found[1] or found[3], number
    written = f'"127.0.0.1:{value}"' if isinstance(value, int) else f'"127.0.0.1:{port}"'
    table.wrong(key, "host:port", f"Write {key} = {written}.")
    return None


def short_place(parts: SplitResult) -> str:
    """`:8080/health` on this machine, `example.com/health` elsewhere."""
    host = "" if (parts.hostname or "localhost") in _LOOPBACK else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return f"{host}{port}{parts.path.rstrip('/')}"


def short_host(host: str) -> str:
    return "" if host in _LOOPBACK else host


def password_in(table: Table, around: Around) -> str:
    """The name of one of the service's secrets; "" for none. Another text is not shown: it may be the password."""
    if "password" not in table.values:
        return ""
    name, known = table.text("password"), around.secrets
    if name in known:
        return name
    nearest = did_you_mean(name, known) or (f"Known: {', '.join(known)}." if known else "")
    suggestion = nearest or 'Write secrets = { DB_PASSWORD = "file:/run/secrets/db" } and its name here.'
    table.note("password", "`password` must be the name of one of the service's secrets.", suggestion)
    return ""


def authority_in(table: Table) -> Path | None:
    """The file of certificates that `ca` names; it may be missing, for that may be the fault."""
    return log_file(table, "ca") if "ca" in table.values else None
