"""Where a database is, with its password kept apart from everything that is shown."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from prunella.errors import Misuse

_HOW = "Give sqlite:///relative/path, sqlite:////absolute/path or postgresql://user@host:port/database."
_POSTGRES = {"postgres", "postgresql"}


@dataclass(frozen=True)
class SqliteAddress:
    """An absolute path; the file need not be there yet."""

    path: Path

    @property
    def shown(self) -> str:
        return f"sqlite:///{self.path}"


@dataclass(frozen=True)
class PostgresAddress:
    """`uri` is for libpq and has no password in it; `password` is "" when the URL holds none."""

    uri: str
    shown: str
    password: str = field(default="", repr=False)


def parse_address(url: str) -> SqliteAddress | PostgresAddress:
    """Raises Misuse, without showing a password, for what is neither."""
    scheme = url.partition(":")[0].partition("+")[0].lower()
    try:
        parts = urlsplit(url)
        if scheme == "sqlite":
            return SqliteAddress(_path(parts))
        if scheme in _POSTGRES:
            return _postgres(parts)
    except ValueError as error:
        raise Misuse(f"The address of a {scheme} database cannot be read: {error}. {_HOW}") from None
    raise Misuse(f"{scheme or 'nothing'!r} is no kind of database that is known here. {_HOW}")


def _path(parts: SplitResult) -> Path:
    named = unquote(parts.path).removeprefix("/")
    if parts.netloc or parts.query or named in {"", ":memory:"}:
        raise ValueError("it names no file")
    return Path(named).absolute()


def _postgres(parts: SplitResult) -> PostgresAddress:
    user, host = parts.username or "", parts.netloc.rpartition("@")[2]
    options = parse_qsl(parts.query, keep_blank_values=True)
    inside = next((value for name, value in options if name == "password"), "")
    query = urlencode([(name, value) for name, value in options if name != "password"])
    shown = f"postgresql://{f'{user}@' if user else ''}{host}{parts.path}"
    password = unquote(parts.password or "") or inside
    return PostgresAddress(f"{shown}?{query}" if query else shown, shown, password)
