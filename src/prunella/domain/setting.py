"""What a configuration says, file by file and setting by setting."""

from enum import StrEnum
from pathlib import Path

from prunella.domain.frozen import Frozen


class Format(StrEnum):
    """How a configuration file is written; TEXT is anything else: readable, comparable, restorable, not editable."""

    ENV = "env"
    INI = "ini"
    TOML = "toml"
    YAML = "yaml"
    JSON = "json"
    NGINX = "nginx"
    HAPROXY = "haproxy"
    POSTGRES = "postgresql"
    PG_HBA = "pg_hba"
    REDIS = "redis"
    TEXT = "text"


class Setting(Frozen):
    """One scalar. `key` is dotted from the top, list places by number (`upstreams.0.port`, ini: `section.option`);
    a part that itself holds a dot is quoted (`"a.b".c`). `value` is its text without quotes; None stands for a
    null or a bare key. `line` counts from 1. `kind` is the type that the file gives it.
    """

    key: str
    value: str | None
    line: int
    kind: str = "str"  # str | int | float | bool | null


class FileState(Frozen):
    """A file as it lies there: `sha256` of its bytes, permission `mode`, owners, and what a link points to.

    `exists` False: there is none (all else is empty). `link` None: it is no link. `mtime_ns` is when it was last
    written; an older process counts as running on it.
    """

    path: Path
    exists: bool
    sha256: str = ""
    mode: int = 0
    uid: int = 0
    gid: int = 0
    link: str | None = None
    mtime_ns: int = 0

    @property
    def digest(self) -> str:
        """Equal when bytes, mode, owners and link are equal; the time does not count."""
        return f"{self.sha256[:24]}:{self.mode:o}:{self.uid}:{self.gid}:{self.link or ''}" if self.exists else "absent"


class SettingChange(Frozen):
    """One setting in two states; None on a side means that it is not there."""

    path: Path
    key: str
    before: str | None
    after: str | None


class Hunk(Frozen):
    """Lines of a text that give way to others, as they are; either side may be empty."""

    old: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
