"""Whether a text is of its format, and which settings it has then."""

from prunella.configs.formats import editor_for
from prunella.domain.setting import Format, Setting
from prunella.errors import Unparsable


def read(fmt: Format, text: str) -> tuple[Setting, ...] | Unparsable:
    """The settings, or the fault that keeps them from being read; nothing for a format without an editor."""
    editor = editor_for(fmt)
    if editor is None:
        return ()
    try:
        return editor.settings(text)
    except Unparsable as fault:
        return fault


def parses(fmt: Format, text: str) -> bool:
    return not isinstance(read(fmt, text), Unparsable)
