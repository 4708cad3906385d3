"""What every `ConfigEditor` promises, as checks that any adapter can run over any text of its format."""

from prunella.domain.setting import Setting
from prunella.errors import Rejected, Unparsable
from prunella.protocols import ConfigEditor
from prunella.testing.conformance import Nonconforming, require

_Content = dict[str, tuple[str | None, str]]


def keeps_all_promises(editor: ConfigEditor, text: str, value: str, new_key: str) -> None:
    """Every check below, on every setting of `text`. `new_key` is not there and its parent can be made."""
    reads_settings(editor, text)
    for setting in editor.settings(text):
        sets_one_value(editor, text, setting.key, value)
        sets_back(editor, text, setting.key, value)
        removes_one_setting(editor, text, setting.key)
    adds_and_removes(editor, text, new_key, value)
    refuses_to_remove_nothing(editor, text, new_key)


def reads_settings(editor: ConfigEditor, text: str) -> None:
    """Names are told apart, and lines lie within the text."""
    settings = editor.settings(text)
    keys = [setting.key for setting in settings]
    require(len(keys) == len(set(keys)), f"each setting is listed once, not as in {keys}")
    last = text.count("\n") + 1
    require(all(1 <= setting.line <= last for setting in settings), "lines count from 1 to the last line")


def sets_one_value(editor: ConfigEditor, text: str, key: str, value: str) -> bool:
    """That setting changes and no other character does. False: the value was refused, which is allowed."""
    old = _setting(editor, text, key)
    try:
        changed = editor.set(text, key, value)
    except Unparsable:
        raise
    except Rejected:
        return False
    require(_setting(editor, changed, key).value == value, f"{key} reads {value!r} after it was set")
    _same_others(editor, text, changed, key)
    require(editor.set(changed, key, value) == changed, f"setting {key} to what it is changes nothing")
    _changed_within_value(text, changed, old)
    return True


def sets_back(editor: ConfigEditor, text: str, key: str, value: str) -> None:
    """Setting the old value again gives the old text, when it was written as this editor would write it.

    A value that an editor would have spelled otherwise comes back in the editor's own spelling, and stays so.
    """
    old = _setting(editor, text, key).value
    if old is None:
        return
    try:
        back = editor.set(editor.set(text, key, value), key, old)
        again = editor.set(editor.set(back, key, value), key, old)
    except Rejected:
        return
    require(_content(editor, back)[key][0] == old, f"{key} reads {old!r} after it was set back")
    _same_others(editor, text, back, key)
    require(again == back, f"setting {key} there and back gives the same characters each time")


def comes_back_exactly(editor: ConfigEditor, text: str, key: str, value: str) -> None:
    """For a value in the editor's own spelling: there and back is the text as it was."""
    old = _setting(editor, text, key).value
    require(old is not None, f"{key} has a value")
    back = editor.set(editor.set(text, key, value), key, old or "")
    require(back == text, f"{key} set to {value!r} and back gives {back!r}, not {text!r}")


def adds_and_removes(editor: ConfigEditor, text: str, key: str, value: str) -> None:
    """A new setting is added without touching another; removed again, nothing but an empty parent is left."""
    try:
        added = editor.set(text, key, value)
    except Unparsable:
        raise
    except Rejected:
        return
    require(_setting(editor, added, key).value == value, f"{key} reads {value!r} after it was added")
    _same_others(editor, text, added, key)
    require(_is_subsequence(text, added), f"adding {key} only puts characters in")
    if text:
        require(text.endswith("\n") == added.endswith("\n"), "a missing final newline stays missing")
    if "\n" in text:
        require(_line_ends(text) >= _line_ends(added), "new lines end as the others do")
    removed = editor.remove(added, key)
    _same_others(editor, text, removed, key)
    require(_is_subsequence(removed.replace("{}", ""), added), f"removing {key} only takes characters out")


def removes_one_setting(editor: ConfigEditor, text: str, key: str) -> None:
    """It is gone and no other is touched; being refused is allowed."""
    try:
        removed = editor.remove(text, key)
    except Unparsable:
        raise
    except Rejected:
        return
    require(key not in _content(editor, removed), f"{key} is gone after it was removed")
    _same_others(editor, text, removed, key)


def refuses_to_remove_nothing(editor: ConfigEditor, text: str, key: str) -> None:
    try:
        editor.remove(text, key)
    except Rejected:
        return
    raise Nonconforming(f"removing {key}, which is not there, is refused")


def refuses_broken_text(editor: ConfigEditor, text: str, line: int | None, key: str) -> None:
    """Unparsable from every method, with that line."""
    calls = (lambda: editor.settings(text), lambda: editor.set(text, key, "1"), lambda: editor.remove(text, key))
    for call in calls:
        try:
            answer = call()
        except Unparsable as error:
            require(error.line == line, f"the fault is on line {line}, not {error.line}")
        else:
            raise Nonconforming(f"a text that does not parse is refused, not answered with {answer!r}")


def _setting(editor: ConfigEditor, text: str, key: str) -> Setting:
    for setting in editor.settings(text):
        if setting.key == key:
            return setting
    raise Nonconforming(f"{key} is among the settings of {text!r}")


def _content(editor: ConfigEditor, text: str) -> _Content:
    return {setting.key: (setting.value, setting.kind) for setting in editor.settings(text)}


def _same_others(editor: ConfigEditor, text: str, changed: str, key: str) -> None:
    """An empty parent may give way to what is put below it."""
    before, after = _content(editor, text), _content(editor, changed)
    others = {k: v for k, v in before.items() if k != key and not (v[0] is None and key.startswith(f"{k}."))}
    after = {k: v for k, v in after.items() if k in others or (k != key and before.get(k) != v)}
    require(others == after, f"only {key} changes: {others} became {after}")


def _changed_within_value(text: str, changed: str, old: Setting) -> None:
    """What was replaced is one stretch that begins on the setting's line or below and holds at most the value."""
    start = _common(text, changed)
    end = len(text) - min(_common(text[::-1], changed[::-1]), len(text) - start, len(changed) - start)
    gone = text[start:end]
    require(text.count("\n", 0, start) + 1 >= old.line, f"nothing above line {old.line} changes")
    written = 2 * len(old.value or "null") + 6 if "\n" not in (old.value or "") and "\\" not in gone else len(text)
    require(len(gone) <= written, f"only the value of {old.key} is replaced, not {gone!r}")
    require("#" not in gone or "#" in (old.value or ""), f"the comment behind {old.key} stays, not as in {gone!r}")


def _line_ends(text: str) -> set[str]:
    return {"\r\n" if line.endswith("\r") else "\n" for line in text.split("\n")[:-1]}


def _common(one: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _is_subsequence(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)
