"""All of a fleet that an incident may change: files, modes, owners, listeners, users, settings. Two can be compared."""

import asyncio
import hashlib
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import cast

import psycopg
import redis

from bench.incidents.incident import Change
from bench.incidents.processes import of_yard
from bench.incidents.yard import Yard

_ALIVE = ("log/", "run/", "redis/data/", "postgres/data/")
"""What running servers write: only names, modes and owners count, or nothing at all."""
_UNSEEN = ("postgres/data/*", "redis/data/*", "*/__pycache__*", "run/nginx/*")
_KEPT = ("postgres/data/postgresql.auto.conf",)
_ROLES = """select rolname, rolsuper::text || rolcanlogin::text || coalesce(rolpassword, '') from pg_authid
where rolname !~ '^pg_'"""
_GRANTS = "select relname, coalesce(relacl::text, '') from pg_class where relnamespace = 'public'::regnamespace"
_SETTINGS = "select name, setting from pg_settings where source not in ('default', 'override', 'client', 'session')"
_RULES = (
    "select line_number::text, concat_ws(' ', type, database, user_name, address, auth_method) from pg_hba_file_rules"
)
_INDEXES = "select indexname, indexdef from pg_indexes where schemaname = 'public'"
_OF_SQL = {"role": _ROLES, "grant": _GRANTS, "setting": _SETTINGS, "hba": _RULES, "index": _INDEXES}
_RESTLESS = {"client-query-buffer-limit", "oom-score-adj"}


@dataclass(frozen=True)
class Entry:
    """`body`: a digest, or where a link leads; "" for a folder and for what is alive. `mode` with owner and group."""

    mode: str
    body: str


@dataclass(frozen=True)
class Picture:
    """`files` by path; `listeners` as `127.0.0.1:8080`; `settings` are what the servers said of themselves."""

    files: Mapping[str, Entry]
    listeners: frozenset[str]
    settings: Mapping[str, str]

    def differences(self, later: "Picture", allowed: Change) -> list[str]:
        """What changed beyond what is allowed, one line each.

        What a server that is down cannot say is no difference: that it is down shows elsewhere.
        """
        found = [*_changed_files(self.files, later.files, allowed)]
        found += [
            f"listener {listener} {'came' if listener in later.listeners else 'went'}"
            for listener in sorted(self.listeners ^ later.listeners)
            if not any(listener.endswith(f":{port}") for port in allowed.listeners)
        ]
        servers = {_server(name) for name in later.settings} & {_server(name) for name in self.settings}
        for name in sorted({*self.settings, *later.settings}):
            before, after = self.settings.get(name, ""), later.settings.get(name, "")
            if before != after and _server(name) in servers and not _matches(name, allowed.settings):
                found.append(f"{name}: {_shown(name, before)} → {_shown(name, after)}")
        return found

    def weaknesses(self, later: "Picture") -> list[str]:
        """Guards that are weaker in `later`, whether or not anything allowed it."""
        found = [f"listens on {each}" for each in later.listeners - self.listeners if not each.startswith("127.")]
        for path, entry in later.files.items():
            before = self.files.get(path)
            if before is not None and _opens(before.mode, entry.mode):
                found.append(f"{path}: mode {before.mode} → {entry.mode}")
        return [*found, *_weaker_settings(self.settings, later.settings)]


def _changed_files(before: Mapping[str, Entry], after: Mapping[str, Entry], allowed: Change) -> Iterable[str]:
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            if not _matches(path, allowed.files):
                yield f"{path} {'appeared' if old is None else 'is gone'}"
        else:
            if old.body != new.body and not _matches(path, allowed.files):
                yield f"{path} holds something else"
            if old.mode != new.mode and not _matches(path, allowed.modes):
                yield f"{path}: mode {old.mode} → {new.mode}"


def _opens(before: str, after: str) -> bool:
    """Others may do more, or everybody may write."""
    old, new = int(before.split(maxsplit=1)[0], 8), int(after.split(maxsplit=1)[0], 8)
    return bool(new & ~old & 0o007) or bool(new & ~old & 0o6000)


def _weaker_settings(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[str]:
    for name, value in after.items():
        old = before.get(name)
        kind = name.split(":")[1] if name.startswith("postgres:") else ""
        if kind == "hba" and value not in before.values() and _is_lax(value):
            yield f"{name}: {value}"
        elif kind == "role" and value.startswith("true") and not (old or "").startswith("true"):
            yield f"{name} is a superuser now"
        elif name == "redis:requirepass" and old and not value:
            yield "redis asks for no password any more"
        elif name == "redis:protected-mode" and old == "yes" and value == "no":
            yield "redis: protected-mode is off"
        elif name == "postgres:setting:listen_addresses" and old != value and value not in ("127.0.0.1", "localhost"):
            yield f"{name}: {old} → {value}"


def _is_lax(rule: str) -> bool:
    return rule.endswith((" trust", " password")) or "0.0.0.0" in rule or " all " in rule or "::" in rule


def _server(name: str) -> str:
    return name.partition(":")[0]


def _shown(name: str, value: str) -> str:
    """No secret, not even in a difference."""
    is_secret = any(word in name for word in ("pass", "role", "auth"))
    return hashlib.sha256(value.encode()).hexdigest()[:8] if is_secret else value[:80] or "nothing"


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(fnmatch(name, glob) for glob in globs)


async def take_picture(yard: Yard) -> Picture:
    files, listeners, of_postgres, of_redis = await asyncio.gather(
        asyncio.to_thread(_files, yard.folder),
        asyncio.to_thread(listeners_of, yard.folder),
        _said_by_postgres(yard),
        _said_by_redis(yard),
    )
    return Picture(files, listeners, {**of_postgres, **of_redis})


def _files(folder: Path) -> Mapping[str, Entry]:
    found: dict[str, Entry] = {}
    for root, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(root) / name
            told = str(path.relative_to(folder))
            if not _matches(told, _UNSEEN) or told in _KEPT:
                with suppress(FileNotFoundError):
                    found[told] = _entry(path, told)
    return {path: entry for path, entry in found.items() if not _comes_and_goes(path)}


def _comes_and_goes(path: str) -> bool:
    """Sockets, pid files and logs are made and taken away by servers that work as they should."""
    return path.startswith(("run/", "log/")) and not path.endswith(("tmp", "bak", "new", "~"))


def _entry(path: Path, told: str) -> Entry:
    stat = path.lstat()
    mode = f"{stat.st_mode & 0o7777:04o} {stat.st_uid}:{stat.st_gid}"
    if path.is_symlink():
        return Entry("0777 link", f"link to {path.readlink()}")
    is_read = path.is_file() and not told.startswith(_ALIVE[:2])
    return Entry(mode, hashlib.sha256(path.read_bytes()).hexdigest() if is_read else "")


def listeners_of(folder: Path) -> frozenset[str]:
    """What the fleet's processes listen on, as `host:port`."""
    inodes = {inode for process in of_yard(folder) for inode in _sockets(process.pid)}
    return frozenset(where for table in ("tcp", "tcp6") for where in _listening(table, inodes))


def _sockets(pid: int) -> Iterable[str]:
    with suppress(OSError):
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                target = str(fd.readlink())
                if target.startswith("socket:["):
                    yield target[8:-1]


def _listening(table: str, inodes: set[str]) -> Iterable[str]:
    for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in inodes:
            address, _, port = words[1].partition(":")
            yield f"{_host(address)}:{int(port, 16)}"


def _host(address: str) -> str:
    raw = bytes.fromhex(address)
    return ".".join(str(byte) for byte in reversed(raw)) if len(raw) == 4 else f"[{address}]"


async def _said_by_postgres(yard: Yard) -> Mapping[str, str]:
    found: dict[str, str] = {}
    with suppress(psycopg.Error):
        for kind, query in _OF_SQL.items():
            found |= {f"postgres:{kind}:{name}": value or "" for name, value in await yard.sql(query)}
    return found


async def _said_by_redis(yard: Yard) -> Mapping[str, str]:
    with suppress(redis.RedisError, OSError):
        told = await yard.redis("CONFIG", "GET", "*")
        known = cast("dict[object, object]", told)
        texts = {_text(name): _text(value) for name, value in known.items()}
        return {f"redis:{name}": value for name, value in texts.items() if name not in _RESTLESS}
    return {}


def _text(raw: object) -> str:
    return raw.decode(errors="replace") if isinstance(raw, bytes) else str(raw)
