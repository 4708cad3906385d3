from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.configs.formats import editor_for, format_of
from prunella.domain.setting import Hunk
from prunella.tools.packs.alteration import Alteration, alteration

ENV, YAML, INI = Path("/srv/a.env"), Path("/srv/a.yaml"), Path("/srv/a.ini")


def altered(path: Path, old: str, new: str) -> Alteration:
    return alteration(path, old.encode(), new.encode())


def told(found: Alteration) -> list[tuple[str, str | None, str | None]]:
    return [(each.key, each.before, each.after) for each in found.changes]


def test_a_setting_that_changes_comes_or_goes_says_all():
    assert told(altered(ENV, "A=1\nB=2\n", "A=9\nC=3\n")) == [("A", "1", "9"), ("B", "2", None), ("C", None, "3")]
    assert not altered(ENV, "# x\nA=1\n", "# x\nA=2\n").is_opaque
    assert not altered(YAML, "a:\n  b: 1 # c\n", "a:\n  b: 2 # c\n").is_opaque


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A=1\n", "# hello\nA=1\n"),
        ("A=1\n", "A=1"),
        ("A=1 # x\n", "A=1 # y\n"),
        ("A=1\n", "A=1\r\n"),
        ("A=1\n", "A='1'\n"),
    ],
)
def test_what_no_setting_expresses_is_opaque(old: str, new: str):
    found = altered(ENV, old, new)
    assert found.is_opaque
    assert found.changes == ()
    assert found.hunks


def test_an_opaque_edit_still_tells_its_settings_and_lines():
    found = altered(ENV, "A=1\nB=2\n", "# why\nA=3\nB=2\n")
    assert told(found) == [("A", "1", "3")]
    assert found.is_opaque
    assert found.hunks == (Hunk(old=("A=1",), new=("# why", "A=3")),)


def test_another_type_of_the_same_value_is_opaque():
    assert altered(YAML, 'a: "80"\n', "a: 80\n").is_opaque


def test_a_broken_file_put_right_tells_the_settings_of_its_new_lines():
    found = altered(YAML, "a: 1\nb 2\nc: [x\n", "a: 1\nb: 2\nc: [x]\n")
    assert found.is_opaque
    assert told(found) == [("b", None, "2"), ("c.0", None, "x")]
    assert told(altered(YAML, "port: 80\n\thost: x\n", "port: 80\nhost: y\n")) == [("host", "x", "y")]


def test_a_file_that_breaks_or_has_no_settings_is_opaque_lines():
    assert altered(YAML, "a: 1\n", "a: [1\n") == Alteration(
        is_opaque=True, hunks=(Hunk(old=("a: 1",), new=("a: [1",)),)
    )
    found = altered(Path("/srv/app.rules"), "listen 80;\n", "listen 81;\n")
    assert (found.is_opaque, found.changes) == (True, ())
    assert found.hunks == (Hunk(old=("listen 80;",), new=("listen 81;",)),)


def test_what_is_no_text_is_opaque_without_lines():
    assert alteration(ENV, b"A=1\n", b"\0\1") == Alteration(is_opaque=True)
    assert alteration(ENV, b"\xff\xfeA", b"A=1\n") == Alteration(is_opaque=True)


def test_a_file_that_comes_or_goes():
    assert told(alteration(INI, None, b"[a]\nb = 1\n")) == [("a.b", None, "1")]
    assert told(alteration(ENV, b"A=1\n", None)) == [("A", "1", None)]


@given(
    st.sampled_from([(ENV, "A=1\nB=x y\n"), (YAML, "A: 1\ns:\n  B: x # c\n"), (INI, "[s]\nA = 1\nB = x\n")]),
    st.sampled_from(["A", "B", "s.A", "s.B", "NEW", "s.NEW"]),
    st.sampled_from(["2", "word", "true", "a b", "http://x:1/y?z"]),
)
@settings(max_examples=60, deadline=None)
def test_what_an_editor_sets_is_never_opaque(file: tuple[Path, str], key: str, value: str):
    path, text = file
    editor = editor_for(format_of(path, text))
    assert editor is not None
    keys = {setting.key for setting in editor.settings(text)}
    if key not in keys and "." in key and path is ENV:
        return
    try:
        new = editor.set(text, key, value)
    except Exception:  # noqa: BLE001 -- the editor refuses, which is its own test
        return
    found = altered(path, text, new)
    assert not found.is_opaque
    assert [each.after for each in found.changes] == [value]
