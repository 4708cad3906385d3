"""Formats by name, files as facts, differences."""

from pathlib import Path

import pytest

from prunella.configs.difference import changes, unified
from prunella.configs.formats import editor_for, format_of
from prunella.configs.keys import join, split
from prunella.configs.reading import read_config
from prunella.domain.setting import Format, SettingChange
from prunella.errors import Rejected


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (".env", None, Format.ENV),
        (".env.example", None, Format.ENV),
        (".env.production", None, Format.ENV),
        ("app.env", None, Format.ENV),
        (".envrc", None, Format.TEXT),
        ("setup.cfg", None, Format.INI),
        ("APP.INI", None, Format.INI),
        ("x.toml", None, Format.TOML),
        ("x.yml", None, Format.YAML),
        ("x.yaml.bak", None, Format.YAML),
        ("x.json~", None, Format.JSON),
        ("x.conf", None, Format.TEXT),
        ("x.conf", "; c\n\n[main]\na=1\n", Format.INI),
        ("x.conf", "user www;\n[x]\n", Format.TEXT),
        ("x.conf", "", Format.TEXT),
        ("README", None, Format.TEXT),
    ],
)
def test_a_format_is_told_by_name(name: str, text: str | None, expected: Format):
    assert format_of(Path("/etc") / name, text) is expected


def test_every_format_but_text_has_an_editor():
    assert [fmt for fmt in Format if editor_for(fmt) is None] == [Format.TEXT]


@pytest.mark.parametrize("parts", [("a",), ("a", "0", "b"), ("a.b", "c"), ("", 'x"y', "a\\.b"), ("\u00e4 b", "\n")])
def test_names_split_into_what_they_were_joined_from(parts: tuple[str, ...]):
    assert split(join(parts)) == parts


@pytest.mark.parametrize("key", ["", ".", "a.", ".a", "a..b", '"a', '"a"b', '"\\x"'])
def test_names_that_cannot_be_read_are_refused(key: str):
    with pytest.raises(Rejected):
        split(key)


def test_a_good_file_is_read_with_its_settings(tmp_path: Path):
    path = tmp_path / "app.conf"
    path.write_bytes(b"\xef\xbb\xbf[a]\r\nport = 1\r\n")
    facts = read_config(path)
    assert (facts.format, facts.fault, facts.exists) == (Format.INI, "", True)
    assert facts.text == "[a]\r\nport = 1\r\n"
    assert [(s.key, s.value, s.line) for s in facts.settings] == [("a.port", "1", 2)]


def test_bad_files_are_facts_too(tmp_path: Path):
    (tmp_path / "bad.yaml").write_text("a: 1\nb: [\n")
    (tmp_path / "nul.toml").write_bytes(b"a = 1\0")
    (tmp_path / "folder.ini").mkdir()
    bad, nul, folder, none = (read_config(tmp_path / n) for n in ("bad.yaml", "nul.toml", "folder.ini", "no.json"))
    assert (bad.settings, bad.fault_line, bad.text) == ((), 3, "a: 1\nb: [\n")
    assert bad.fault
    assert "NUL" in nul.fault
    assert "folder" in folder.fault
    assert folder.exists
    assert "No such file" in none.fault
    assert not none.exists


def test_changes_name_what_came_went_and_differs():
    path = Path("/x.toml")
    found = changes(path, 'a = 1\nb = "x"\nc = 3\nd = "4"\n', 'c = 3\nb = "y"\nd = 4\ne = 5\n', Format.TOML)
    assert found == (
        SettingChange(path=path, key="a", before="1", after=None),
        SettingChange(path=path, key="b", before="x", after="y"),
        SettingChange(path=path, key="d", before="4", after="4"),
        SettingChange(path=path, key="e", before=None, after="5"),
    )


@pytest.mark.parametrize(
    ("before", "after", "fmt"),
    [("a = 1", "a = ", Format.TOML), ("a = ", "a = 1", Format.TOML), ("a", "b", Format.TEXT)],
)
def test_what_does_not_parse_has_no_changes(before: str, after: str, fmt: Format):
    assert changes(Path("/x"), before, after, fmt) == ()


def test_a_difference_shows_lines_and_their_ends():
    shown = unified(Path("/x"), "1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\nfive\r\n6\n7")
    assert shown.split("\n") == [
        "--- /x (before)",
        "+++ /x (after)",
        "@@ -3,5 +3,5 @@",
        " 3",
        " 4",
        "-5",
        "+five\u240d",
        " 6",
        "-7",
        "+7  (no newline at the end)",
    ]
    assert unified(Path("/x"), "a\n", "a\n") == ""
