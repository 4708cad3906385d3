"""Probes that know what they talk to: a database, Redis, a disk, a certificate."""

import re
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlencode

from prunella.domain.probe import DiskProbe, RedisProbe, SqlProbe, TlsProbe
from prunella.fleet.places import within
from prunella.fleet.probe_table import (
    COMMON,
    Around,
    address_in,
    authority_in,
    common_of,
    password_in,
    place_in,
    short_host,
    short_place,
)
from prunella.fleet.table import Table
from prunella.nearest import did_you_mean

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql", "postgres")
_SQL_EXAMPLE = 'Write sql = "postgresql://user@127.0.0.1:5432/name" or sql = "sqlite:///path/of/file.db".'
_REDIS_EXAMPLE = 'Write redis = "redis://127.0.0.1:6379/0".'
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%?")


def sql(table: Table, around: Around) -> SqlProbe | None:
    table.refuse_unknown("sql", "query", "expect", "password", *COMMON)
    query, expect, password = table.text("query", "select 1"), _expected(table), password_in(table, around)
    url = _sql_url(table)
    common = common_of(table, _sql_name(url))
    if url.startswith(_SQLITE) and password:
        table.note("password", "A file of SQLite has no password.", "Leave it out.")
    return SqlProbe(**common, url=url, query=query, expect=expect, password=password) if url else None


def _expected(table: Table) -> str | None:
    value = table.values.get("expect")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    table.wrong("expect", "a text, as the database writes the value", 'Write expect = "1", or "t" for true.')
    return None


def _sql_url(table: Table) -> str:
    """Where it is none, a mistake is noted."""
    text = table.text("sql")
    if not isinstance(table.values["sql"], str):
        return ""
    return _sqlite_url(table, text) if text.startswith(_SQLITE) else _postgres_url(table, text)


def _sqlite_url(table: Table, text: str) -> str:
    """With the absolute path, as in `sqlite:////srv/shop.db`; "" where there can be no such file."""
    path = within(table.page.path.parent, text.removeprefix(_SQLITE))
    if not text.removeprefix(_SQLITE) or path.is_dir():
        table.wrong("sql", "a file", _SQL_EXAMPLE)
        return ""
    if not path.parent.is_dir():
        table.note("sql", f"There is no folder {path.parent}.", _SQL_EXAMPLE)
    return f"{_SQLITE}{path}"


def _postgres_url(table: Table, text: str) -> str:
    """Hosts may be several, with commas between; "" where it is no such URL."""
    scheme, mark, rest = text.partition("://")
    if scheme not in _POSTGRES or not mark:
        suggestion = did_you_mean(scheme, ("postgresql", "sqlite")) if mark else ""
        table.note("sql", "`sql` must be a URL of postgresql:// or sqlite:///.", suggestion or _SQL_EXAMPLE)
        return ""
    authority, slash, path = rest.partition("/")
    user, at, hosts = authority.rpartition("@")
    one = Table(table.page, table.place, {"sql": f"{scheme}://{user}{at}{hosts.partition(',')[0]}{slash}{path}"})
    if address_in(one, "sql", _SQL_EXAMPLE) is None:
        return ""
    if find_spec("psycopg") is None:
        table.note("sql", "This probe needs psycopg, which is not installed.", "Run pip install 'prunella[postgres]'.")
    return text


def _sql_name(url: str) -> str:
    """`sql :5432/shop`, `sql shop.db`."""
    if url.startswith(_SQLITE):
        return f"sql {Path(url.removeprefix(_SQLITE)).name}"
    found = re.match(r"\w+://(?:[^@/]*@)?([^/?]*)(/[^?]*)?", url)
    host, _, port = (found[1] if found else "").partition(":")
    place = f"{short_host(host)}{':' if port else ''}{port}{(found[2] or '') if found else ''}"
    return f"sql {place}"[:60].rstrip("/ ")


def redis(table: Table, around: Around) -> RedisProbe | None:
    table.refuse_unknown("redis", "password", "write", *COMMON)
    password, write = password_in(table, around), table.values.get("write", False)
    if not isinstance(write, bool):
        table.wrong("write", "true or false")
    parts = address_in(table, "redis", _REDIS_EXAMPLE)
    if parts is None or not _is_redis(table, parts):
        common_of(table, "redis")
        return None
    common = common_of(table, f"redis {short_place(parts)}"[:60].rstrip())
    return RedisProbe(**common, url=_redis_url(table, parts), password=password, write=write is True)


def _is_redis(table: Table, parts: SplitResult) -> bool:
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        table.wrong("redis", "a URL of redis:// or rediss:// with a host", _REDIS_EXAMPLE)
        return False
    if not re.fullmatch(r"/?\d*", parts.path):
        table.note("redis", f"A database of Redis has a number, not {parts.path[1:]!r}.", _REDIS_EXAMPLE)
        return False
    unknown = sorted(set(parse_qs(parts.query)) - {"db", "ssl_ca_certs"})
    if unknown:
        table.note("redis", f"This URL has an option {unknown[0]}.", "Known: db, ssl_ca_certs.")
    return not unknown


def _redis_url(table: Table, parts: SplitResult) -> str:
    """With the absolute path of the certificates that vouch for it."""
    options = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if "ssl_ca_certs" in options:
        options["ssl_ca_certs"] = str(within(table.page.path.parent, options["ssl_ca_certs"]))
    return parts._replace(query=urlencode(options, safe="/")).geturl()


def disk(table: Table, _around: Around) -> DiskProbe | None:
    table.refuse_unknown("disk", "free", "inodes", *COMMON)
    text, free, inodes = table.text("disk"), _percent(table, "free", 5.0), _percent(table, "inodes", 2.0)
    common = common_of(table, f"disk {text}"[:60])
    if text == table.values["disk"] and not text.strip():
        table.wrong("disk", "a file or a folder", 'Write disk = "path/of/data".')
    path = within(table.page.path.parent, text)
    return DiskProbe(**common, path=path, free=free, inodes=inodes) if text else None


def _percent(table: Table, key: str, default: float) -> float:
    """5, 5.5 or "5%"."""
    value = table.values.get(key, default)
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    number = float(found[1]) if found else value
    if isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number <= 100:
        return float(number)
    table.wrong(key, "a share from 0 to 100 percent", f'Write {key} = {default:g} or {key} = "{default:g}%".')
    return default


def tls(table: Table, _around: Around) -> TlsProbe | None:
    """`name` is the certificate's here, and so part of the probe's."""
    table.refuse_unknown("tls", "ca", "days", *COMMON)
    place, ca, days = place_in(table, "tls", 443), authority_in(table), table.number("days", 0.0)
    if place is None:
        common_of(table, "tls")
        return None
    host, port = place
    server_name = table.text("name", host)
    common = common_of(table, server_name)
    common["name"] = f"tls {short_host(server_name)}:{port}"
    return TlsProbe(**common, host=host, port=port, server_name=server_name, ca=ca, days=days)
