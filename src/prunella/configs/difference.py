"""Two states of one file, compared: by setting for machines, by line for people."""

import difflib
from pathlib import Path

from prunella.configs.formats import editor_for
from prunella.domain.setting import Format, Setting, SettingChange
from prunella.errors import Unparsable


def changes(file: Path, before_text: str, after_text: str, fmt: Format) -> tuple[SettingChange, ...]:
    """In the order of the older text, new settings last; empty if either does not parse.

    `before` and `after` may be the same text: then only its type differs (`"8080"` and `8080`).
    """
    editor = editor_for(fmt)
    if editor is None or before_text == after_text:
        return ()
    try:
        before, after = _by_key(editor.settings(before_text)), _by_key(editor.settings(after_text))
    except Unparsable:
        return ()
    keys = [*before, *(key for key in after if key not in before)]
    return tuple(_change(file, key, before.get(key), after.get(key)) for key in keys if _differ(before, after, key))


def unified(path: Path, before: str, after: str) -> str:
    """A unified difference with two lines around each change; "" when there is none."""
    lines = difflib.unified_diff(_lines(before), _lines(after), f"{path} (before)", f"{path} (after)", n=2, lineterm="")
    return "\n".join(lines)


def _by_key(settings: tuple[Setting, ...]) -> dict[str, Setting]:
    return {setting.key: setting for setting in settings}


def _differ(before: dict[str, Setting], after: dict[str, Setting], key: str) -> bool:
    old, new = before.get(key), after.get(key)
    return old is None or new is None or (old.value, old.kind) != (new.value, new.kind)


def _change(file: Path, key: str, old: Setting | None, new: Setting | None) -> SettingChange:
    return SettingChange(path=file, key=key, before=old.value if old else None, after=new.value if new else None)


def _lines(text: str) -> list[str]:
    """Line ends that are not plain newlines are shown, so that a difference in nothing else can be seen."""
    lines = [line.replace("\r", "␍") for line in text.split("\n")]
    if lines[-1] == "":
        return lines[:-1]
    return [*lines[:-1], f"{lines[-1]}  (no newline at the end)"]
