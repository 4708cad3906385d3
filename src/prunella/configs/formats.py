"""Which format a file has, and who edits it."""

import re
from pathlib import Path

from prunella.configs.env import EnvEditor
from prunella.configs.haproxy import HaproxyEditor
from prunella.configs.ini import IniEditor
from prunella.configs.json import JsonEditor
from prunella.configs.nginx import NginxEditor
from prunella.configs.pg_hba import PgHbaEditor
from prunella.configs.postgresql import PostgresqlEditor
from prunella.configs.recognition import looks_like, may_be
from prunella.configs.redis import RedisEditor
from prunella.configs.toml import TomlEditor
from prunella.configs.yaml import YamlEditor
from prunella.domain.setting import Format
from prunella.protocols import ConfigEditor

COPY_SUFFIXES = (".example", ".sample", ".dist", ".template", ".default", ".bak", ".orig", ".old", "~")

_BY_SUFFIX = {
    ".ini": Format.INI,
    ".cfg": Format.INI,
    ".toml": Format.TOML,
    ".yaml": Format.YAML,
    ".yml": Format.YAML,
    ".json": Format.JSON,
    ".env": Format.ENV,
}
_BY_NAME = {
    re.compile(r"nginx\b.*\.conf"): Format.NGINX,
    re.compile(r"haproxy\b.*\.(?:cfg|conf)"): Format.HAPROXY,
    re.compile(r"postgresql\b.*\.conf"): Format.POSTGRES,
    re.compile(r"pg_hba\b.*\.conf"): Format.PG_HBA,
    re.compile(r"(?:redis|sentinel|valkey|keydb)\b.*\.conf"): Format.REDIS,
    re.compile(r"supervisord\.conf"): Format.INI,
}
_BY_CONTENT = frozenset({".conf", ".cnf", ".cfg"})
_NGINX_FOLDERS = frozenset({"nginx", "sites-available", "sites-enabled"})
_POSTGRES_FOLDERS = frozenset({"postgresql", "postgres", "pgsql", "pgdata"})
_EDITORS: dict[Format, ConfigEditor] = {
    Format.ENV: EnvEditor,
    Format.INI: IniEditor,
    Format.TOML: TomlEditor,
    Format.YAML: YamlEditor,
    Format.JSON: JsonEditor,
    Format.NGINX: NginxEditor,
    Format.HAPROXY: HaproxyEditor,
    Format.POSTGRES: PostgresqlEditor,
    Format.PG_HBA: PgHbaEditor,
    Format.REDIS: RedisEditor,
}


def format_of(path: Path, text: str | None = None) -> Format:
    """By name, and by what stands in it where names are used for several formats (`.conf`, `.cnf`, `.cfg`).

    A copy (`app.yaml.bak`) has the format of what it copies. A file that is called after its server (`nginx.conf`)
    keeps its format when it is broken, and loses it when it is plainly of another kind.
    """
    name = _original_name(path.name)
    if name == ".env" or name.startswith(".env."):
        return Format.ENV
    suffix, near = Path(name).suffix.lower(), _near(path)
    usual = _BY_SUFFIX.get(suffix, Format.TEXT)
    if suffix not in _BY_CONTENT:
        is_open = near is Format.NGINX and suffix not in _BY_SUFFIX
        return Format.NGINX if is_open and text and looks_like(text, near) is near else usual
    called = next((fmt for pattern, fmt in _BY_NAME.items() if pattern.fullmatch(name)), None)
    if text is None or (called and may_be(called, text)):
        return called or usual
    return looks_like(text, near) or (Format.TEXT if called else usual)


def editor_for(fmt: Format) -> ConfigEditor | None:
    """None for TEXT."""
    return _EDITORS.get(fmt)


def _near(path: Path) -> Format | None:
    """The server whose folder it lies in: `nginx/proxy_params`, `sites-enabled/shop`, `postgresql/15/main/a.conf`."""
    above = [folder.name for folder in path.parents]
    if set(above[:2]) & _NGINX_FOLDERS:
        return Format.NGINX
    return Format.POSTGRES if set(above[:4]) & _POSTGRES_FOLDERS else None


def _original_name(name: str) -> str:
    for suffix in COPY_SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            return _original_name(name.removesuffix(suffix))
    return name
