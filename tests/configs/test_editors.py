"""The law of the editors, over texts that were made up and texts that people write."""

from functools import partial

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from prunella.configs.env import EnvEditor
from prunella.configs.formats import editor_for
from prunella.configs.json import JsonEditor
from prunella.configs.toml import TomlEditor
from prunella.configs.yaml import YamlEditor
from prunella.domain.setting import Format
from prunella.errors import Rejected, Unparsable
from prunella.protocols import ConfigEditor
from prunella.testing import config_editors as promises
from tests.configs.samples import ANY, Sample, env_files, ini_files, json_files, literal, toml_files, yaml_files

quick = partial(settings, max_examples=15, deadline=None, phases=set(Phase) - {Phase.explain})

CASES = [
    pytest.param(Format.ENV, env_files(), "ADDED_KEY", id="env"),
    pytest.param(Format.INI, ini_files(), "added_section.key", id="ini"),
    pytest.param(Format.TOML, toml_files(), "added_section.key", id="toml"),
    pytest.param(Format.YAML, yaml_files(), "added_section.key", id="yaml"),
    pytest.param(Format.JSON, json_files(), "added_section.key", id="json"),
]


def editor(fmt: Format) -> ConfigEditor:
    found = editor_for(fmt)
    assert found is not None
    return found


@pytest.mark.parametrize(("fmt", "files", "new_key"), CASES)
def test_every_promise_is_kept(fmt: Format, files: st.SearchStrategy[Sample], new_key: str):
    @quick()
    @given(sample=files, value=ANY)
    def check(sample: Sample, value: str):
        promises.keeps_all_promises(editor(fmt), sample.text, value, new_key)

    check()


@pytest.mark.parametrize(("fmt", "files", "new_key"), CASES)
def test_names_and_values_are_read_as_written(fmt: Format, files: st.SearchStrategy[Sample], new_key: str):
    @quick()
    @given(sample=files)
    def check(sample: Sample):
        found = editor(fmt).settings(sample.text)
        assert tuple(setting.key for setting in found) == sample.keys
        assert tuple(setting.value for setting in found) == sample.values
        lines = sample.text.split("\n")
        assert all(setting.key.split(".")[-1] in lines[setting.line - 1] for setting in found)

    check()


@pytest.mark.parametrize(("fmt", "files", "new_key"), CASES)
def test_there_and_back_gives_the_same_bytes(fmt: Format, files: st.SearchStrategy[Sample], new_key: str):
    @quick()
    @given(sample=files, value=st.sampled_from(["8080", "other", "true"]), choice=st.randoms())
    def check(sample: Sample, value: str, choice: object):
        for key in sample.keys:
            if _same_class(sample, key, value):
                promises.comes_back_exactly(editor(fmt), sample.text, key, value)

    check()


def _same_class(sample: Sample, key: str, value: str) -> bool:
    """A quoted string that gave way to a number is quoted anew in the editor's own way."""
    old = sample.values[sample.keys.index(key)]
    return (literal(old, "'") == old) is (literal(value, "'") == value)


@pytest.mark.parametrize(("fmt", "files", "new_key"), CASES)
def test_adding_and_removing_gives_the_same_bytes(fmt: Format, files: st.SearchStrategy[Sample], new_key: str):
    @quick()
    @given(sample=files)
    def check(sample: Sample):
        for key in sample.keys:
            beside = f"{key}_more"
            if beside in sample.keys:
                continue
            added = editor(fmt).set(sample.text, beside, "8080")
            assert editor(fmt).remove(added, beside) == sample.text

    check()


@pytest.mark.parametrize(
    ("fmt", "text", "line"),
    [
        (Format.ENV, "A=1\n\nPORT 80 80\n", 3),
        (Format.ENV, 'A="open\n', 1),
        (Format.INI, "# x\nport = 1\n", 2),
        (Format.INI, "[a]\nport 8080\n", 2),
        (Format.INI, "[a]\nx = 1\nx = 2\n", 3),
        (Format.INI, "[a\nx = 1\n", 1),
        (Format.TOML, "a = 1\nb = \n", 2),
        (Format.TOML, "a = 1\na = 2\n", 2),
        (Format.YAML, "a: 1\nb:\n\tc: 2\n", 3),
        (Format.YAML, "a: 1\nb: 2\na: 3\n", 3),
        (Format.YAML, "a: 1\n---\nb: 2\n", 2),
        (Format.YAML, "a: [1, 2\nb: 3\n", 2),
        (Format.YAML, "a: &x\n  b: *x\n", 2),
        (Format.JSON, '{"a": 1,\n "b": }\n', 2),
        (Format.JSON, '{"a": 1,}', 1),
        (Format.JSON, '{"a": NaN}', None),
    ],
)
def test_a_broken_text_is_refused_with_its_line(fmt: Format, text: str, line: int | None):
    promises.refuses_broken_text(editor(fmt), text, line, "a")


@pytest.mark.parametrize(
    ("fmt", "text", "key", "value", "expected"),
    [
        (Format.ENV, "A=1\nexport A = 'x'  # c\n", "A", "it's", "A=1\nexport A = 'it\\'s'  # c\n"),
        (Format.ENV, "A= # c\n", "A", "v", "A=v # c\n"),
        (Format.ENV, "A\n", "A", "v", "A=v\n"),
        (Format.ENV, "A=1\n", "A", "two words", 'A="two words"\n'),
        (Format.INI, "[program:x]\ncommand=a ; c\n", "program:x.command", "b", "[program:x]\ncommand=b ; c\n"),
        (Format.INI, "[a.b]\nurl.x = 1\n", "a.b.url.x", "2", "[a.b]\nurl.x = 2\n"),
        (Format.INI, "[a]\nl =\n  x\n  y\nz = 1\n", "a.l", "\nq", "[a]\nl =\n    q\nz = 1\n"),
        (Format.INI, "[a]\nx=1\n\n# about b\n[b]\n", "a.y", "2", "[a]\nx=1\ny=2\n\n# about b\n[b]\n"),
        (Format.TOML, 'p = "eighty" # c\n', "p", "80", "p = 80 # c\n"),
        (Format.TOML, 'p = "80"\n', "p", "81", 'p = "81"\n'),
        (Format.TOML, "p = 'x'\n", "p", "81", "p = '81'\n"),
        (Format.TOML, "p = 0x1F\n", "p", "0x20", "p = 0x20\n"),
        (
            Format.TOML,
            "[[r]]\na = 1\n[[r]]\na = 2\n[r.s]\nb = 1\n",
            "r.1.s.b",
            "3",
            "[[r]]\na = 1\n[[r]]\na = 2\n[r.s]\nb = 3\n",
        ),
        (Format.TOML, "t = {a = 1}\n", "t.b", "x", 't = {a = 1, b = "x"}\n'),
        (Format.TOML, "a = 1\n\n[t]\nb = 1\n", "c", "2", "a = 1\nc = 2\n\n[t]\nb = 1\n"),
        (Format.YAML, "port: eighty\n", "port", "80", "port: 80\n"),
        (Format.YAML, "port: '80'\n", "port", "81", "port: '81'\n"),
        (Format.YAML, "level: info # c\n", "level", "no", 'level: "no" # c\n'),
        (Format.YAML, "on: yes\n", "on", "no", "on: no\n"),
        (Format.YAML, "server:\n# c\n", "server.port", "1", "server:\n  port: 1\n# c\n"),
        (Format.YAML, "server: ~ # c\nb: 1\n", "server.port", "1", "server: # c\n  port: 1\nb: 1\n"),
        (Format.YAML, "a:\n- b: 1\n  c: 2\nd: 1\n", "a.0.e", "x", "a:\n- b: 1\n  c: 2\n  e: x\nd: 1\n"),
        (
            Format.YAML,
            "d: &d {p: 1}\ns:\n  <<: *d\n  q: 1\n",
            "s.p",
            "2",
            "d: &d {p: 1}\ns:\n  <<: *d\n  q: 1\n  p: 2\n",
        ),
        (Format.YAML, "a: |\n  x\n  y\nb: 1\n", "a", "z\n", "a: |\n  z\nb: 1\n"),
        (Format.YAML, "a: !secret x # c\n", "a", "z", "a: !secret z # c\n"),
        (Format.YAML, "", "a.b", "1", "a:\n  b: 1\n"),
        (Format.JSON, '{"p": "eighty"}', "p", "80", '{"p": 80}'),
        (Format.JSON, '{"p": 1, "p": 2}', "p", "3", '{"p": 1, "p": 3}'),
        (Format.JSON, '{\n\t"a": 1\n}', "b.c", "x", '{\n\t"a": 1,\n\t"b": {"c": "x"}\n}'),
        (Format.JSON, "{}", "a", "1", '{"a": 1}'),
    ],
)
def test_values_are_written_as_they_were_and_as_they_must(fmt: Format, text: str, key: str, value: str, expected: str):
    assert editor(fmt).set(text, key, value) == expected


@pytest.mark.parametrize(
    ("fmt", "text", "key"),
    [
        (Format.ENV, "A=1\n", "a.b"),
        (Format.ENV, "A=1\n", "NOT A NAME"),
        (Format.INI, "[a]\nx = 1\n", "x"),
        (Format.TOML, "a = 1\n", "a.b"),
        (Format.TOML, "a = [1]\n", "a.1"),
        (Format.YAML, "a: 1\n", "a.b"),
        (Format.YAML, "a: [1]\n", "a.1"),
        (Format.YAML, "- 1\n", "a"),
        (Format.YAML, "a: &x {b: 1}\nc: *x\n", "c.d"),
        (Format.YAML, "a: &x 1\nb: *x\n", "a"),
        (Format.JSON, "[1]", "a"),
        (Format.JSON, '{"a": 1}', "a..b"),
    ],
)
def test_what_has_no_place_is_refused(fmt: Format, text: str, key: str):
    with pytest.raises(Rejected) as refusal:
        editor(fmt).set(text, key, "2")
    assert not isinstance(refusal.value, Unparsable)


@pytest.mark.parametrize(
    ("fmt", "text", "key", "expected"),
    [
        (Format.ENV, "A=1\nB=2\nA=3", "A", "B=2"),
        (Format.INI, "[a]\nx = 1\n  y\n\n# c\nz = 1\n", "a.x", "[a]\n\n# c\nz = 1\n"),
        (Format.TOML, 'a = """\nx\n""" # c\nb = {x = 1, y = 2}\n', "a", "b = {x = 1, y = 2}\n"),
        (Format.TOML, "b = {x = 1, y = 2}\n", "b.x", "b = {y = 2}\n"),
        (Format.YAML, "a:\n  # c\n  b: 1\nd: 1\n", "a.b", "a:\n  # c\n  {}\nd: 1\n"),
        (Format.YAML, "a: {b: 1, c: 2}\n", "a.c", "a: {b: 1}\n"),
        (Format.YAML, "- a: 1\n  b: 2\n", "0.a", "- b: 2\n"),
        (Format.JSON, '{"a": 1,\n "b": 2}', "b", '{"a": 1}'),
    ],
)
def test_removing_takes_the_settings_own_lines(fmt: Format, text: str, key: str, expected: str):
    assert editor(fmt).remove(text, key) == expected


def test_the_type_can_be_demanded():
    assert TomlEditor.set('p = "80"\n', "p", "80", kind="int") == "p = 80\n"
    assert JsonEditor.set('{"p": 80}', "p", "80", kind="str") == '{"p": "80"}'
    assert YamlEditor.set("p: 80\n", "p", "80", kind="str") == 'p: "80"\n'
    assert YamlEditor.set("p: '80'\n", "p", "80", kind="int") == "p: 80\n"


def test_what_an_alias_brings_in_is_read():
    text = "d: &d {p: 1, q: 2}\ns:\n  <<: *d\n  q: 3\nt: *d\n"
    found = {setting.key: setting.value for setting in YamlEditor.settings(text)}
    assert found == {"d.p": "1", "d.q": "2", "s.q": "3", "s.p": "1", "t.p": "1", "t.q": "2"}


@pytest.mark.parametrize("fmt", [Format.ENV, Format.INI, Format.TOML, Format.YAML, Format.JSON])
def test_a_megabyte_is_edited(fmt: Format):
    text = {
        Format.ENV: "# " + "x" * 200 + "\nK%d=1\n",
        Format.INI: "# " + "x" * 200 + "\nK%d = 1\n",
        Format.TOML: "# " + "x" * 200 + "\nK%d = 1\n",
        Format.YAML: "# " + "x" * 8000 + "\nK%d: 1\n",
        Format.JSON: '"K%d": "' + "x" * 200 + '",\n',
    }[fmt]
    count = 1_000_000 // len(text)
    body = "".join(text % number for number in range(count))
    whole = f"[s]\n{body}" if fmt is Format.INI else f'{{{body}"z": 1}}' if fmt is Format.JSON else body
    key = {Format.INI: "s.K7"}.get(fmt, "K7")
    changed = editor(fmt).set(whole, key, "8080")
    assert abs(len(changed) - len(whole)) <= 200
    assert changed.count("8080") == whole.count("8080") + 1


def test_equal_names_in_capitals_are_two_names():
    assert [setting.key for setting in EnvEditor.settings("port=1\nPORT=2\n")] == ["port", "PORT"]
