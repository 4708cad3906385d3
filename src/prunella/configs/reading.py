"""A configuration file as facts, whatever its condition."""

from pathlib import Path

from prunella.configs.files import decode, read_bytes
from prunella.configs.formats import editor_for, format_of
from prunella.domain.facts import ConfigFacts
from prunella.domain.setting import Format
from prunella.errors import Rejected, Unparsable


def read_config(path: Path) -> ConfigFacts:
    """Never raises for what is wrong with the file: `fault` says it."""
    try:
        text = decode(read_bytes(path)).text
    except Rejected as error:
        return ConfigFacts(path=path, format=format_of(path), text="", fault=str(error), exists=path.exists())
    return parsed(path, text, format_of(path, text))


def parsed(path: Path, text: str, fmt: Format) -> ConfigFacts:
    """`text` as the content of `path`; the file itself is not looked at."""
    editor = editor_for(fmt)
    try:
        settings = editor.settings(text) if editor else ()
    except Unparsable as error:
        return ConfigFacts(path=path, format=fmt, text=text, fault=str(error), fault_line=error.line)
    return ConfigFacts(path=path, format=fmt, text=text, settings=settings)
