"""Which format a file has, and who edits it."""

import re
from pathlib import Path

from prunella.configs.env import EnvEditor
from prunella.configs.ini import IniEditor
from prunella.configs.json import JsonEditor
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
_EDITORS: dict[Format, ConfigEditor] = {
    Format.ENV: EnvEditor,
    Format.INI: IniEditor,
    Format.TOML: TomlEditor,
    Format.YAML: YamlEditor,
    Format.JSON: JsonEditor,
}
_FIRST_LINE = re.compile(r"^[^\S\n]*([^\s#;][^\n]*)", re.MULTILINE)
_SECTION = re.compile(r"\[[^\[\]]+\]\s*(?:[#;].*)?")


def format_of(path: Path, text: str | None = None) -> Format:
    """By name; copies (`app.yaml.bak`) have the format of what they copy. `text` decides for `.conf` and `.cnf`."""
    name = _original_name(path.name)
    if name == ".env" or name.startswith(".env."):
        return Format.ENV
    suffix = Path(name).suffix.lower()
    if suffix in (".conf", ".cnf") and text is not None:
        first = _FIRST_LINE.search(text)
        return Format.INI if first and _SECTION.fullmatch(first[1].strip()) else Format.TEXT
    return _BY_SUFFIX.get(suffix, Format.TEXT)


def editor_for(fmt: Format) -> ConfigEditor | None:
    """None for TEXT."""
    return _EDITORS.get(fmt)


def _original_name(name: str) -> str:
    for suffix in COPY_SUFFIXES:
        if name.endswith(suffix) and name != suffix:
            return _original_name(name.removesuffix(suffix))
    return name
