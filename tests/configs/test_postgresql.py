"""postgresql.conf: the law of all editors, and PostgreSQL's own reading."""

import shutil
import subprocess
from glob import glob
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.configs.postgresql import PostgresqlEditor
from prunella.errors import Rejected, Unparsable
from prunella.testing import config_editors as promises
from tests.configs.samples import ANY, COMMENTS

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}(\.[a-z]{1,4})?", fullmatch=True).filter(lambda n: "include" not in n)
BARE = st.sampled_from(["100", "128MB", "on", "-1", "1.5", "replica", "0x1F"])
QUOTED = st.sampled_from(["'localhost'", "''", "'it''s'", "'a\\\\b # c'", "'%m [%p] '", "'\\n'", "'/var/x'"])


@st.composite
def files(draw: st.DrawFn) -> str:
    lines = list[str]()
    for name in draw(st.lists(NAMES, max_size=4, unique=True)):
        lines += draw(st.lists(st.sampled_from(["", "# max = 1", "  "]), max_size=1))
        value, comment = draw(st.one_of(BARE, QUOTED)), draw(COMMENTS)
        lines.append(
            f"{draw(st.sampled_from(['', '  ']))}{name}{draw(st.sampled_from([' = ', '=', ' ']))}{value} {comment}"
        )
        if draw(st.booleans()):
            lines.append(f"{name.upper()} = 7")
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + (newline if lines and draw(st.booleans()) else "")


@settings(max_examples=25, deadline=None)
@given(text=files(), value=ANY)
def test_every_promise_is_kept(text: str, value: str):
    promises.keeps_all_promises(PostgresqlEditor, text, value, "added.key")


@settings(max_examples=40, deadline=None)
@given(value=ANY)
def test_a_quoted_value_reads_as_it_was_set(value: str):
    text = "a = 'x' # c\nb = 1"
    if "\0" in value:
        return
    changed = PostgresqlEditor.set(text, "a", value)
    assert [s.value for s in PostgresqlEditor.settings(changed)] == [value, "1"]
    assert PostgresqlEditor.set(changed, "a", "x") == text


@pytest.mark.parametrize(
    ("text", "key", "value", "expected"),
    [
        ("port = 5432  # c\n", "port", "5433", "port = 5433  # c\n"),
        ("Port 5432\r\n", "PORT", "5433", "Port 5433\r\n"),
        ("a = 'x'\n", "a", "it's", "a = 'it''s'\n"),
        ("a = x", "a", "two words", "a = 'two words'"),
        ("a = on\n", "a", "127.0.0.1", "a = '127.0.0.1'\n"),
        ("a = 1\nb = 2\nA = 3\n", "a", "4", "a = 1\nb = 2\nA = 4\n"),
        ("a = 1", "pg_stat_statements.max", "500", "a = 1\npg_stat_statements.max = 500"),
        ("a 1\n", "b", "2", "a 1\nb 2\n"),
        ("include 'x.conf'\n", "include.1", "y.conf", "include 'x.conf'\ninclude 'y.conf'\n"),
        ("", "include_dir", "conf.d", "include_dir = 'conf.d'\n"),
    ],
)
def test_a_value_is_written_as_it_was_and_as_it_must(text: str, key: str, value: str, expected: str):
    assert PostgresqlEditor.set(text, key, value) == expected


def test_of_a_repeated_name_the_last_counts_and_all_go_together():
    text = "port = 1\n# c\nPORT = 2\n"
    assert [(s.key, s.value, s.line) for s in PostgresqlEditor.settings(text)] == [("port", "2", 3)]
    assert PostgresqlEditor.remove(text, "port") == "# c\n"


def test_includes_are_told_apart_by_their_place():
    text = "include 'a'\ninclude_if_exists = 'b'\ninclude 'c'\n"
    found = {s.key: s.value for s in PostgresqlEditor.settings(text)}
    assert found == {"include": "a", "include_if_exists": "b", "include.1": "c"}
    assert PostgresqlEditor.remove(text, "include.1") == "include 'a'\ninclude_if_exists = 'b'\n"
    with pytest.raises(Rejected):
        PostgresqlEditor.remove(text, "include")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = 'open\n", 2),
        ("a = 1\n= 2\n", 2),
        ("'a' = 1\n", 1),
        ("a\n", 1),
        ("# c\na =  # nothing\n", 2),
        ("a = 4 MB\n", 1),
        ("a = *\n", 1),
        ("a = 127.0.0.1\n", 1),
        ("a = 'x' 'y'\n", 1),
        ("a = 'x'y\n", 1),
        ("[section]\n", 1),
        ("a == 1\n", 1),
        ("a-b = 1\n", 1),
    ],
)
def test_a_broken_text_is_refused_with_its_line(text: str, line: int):
    promises.refuses_broken_text(PostgresqlEditor, text, line, "a")


@pytest.mark.parametrize("key", ["a b", "1a", "a..b", "include.7"])
def test_what_has_no_place_is_refused(key: str):
    with pytest.raises(Rejected) as refusal:
        PostgresqlEditor.set("x = 1\n", key, "2")
    assert not isinstance(refusal.value, Unparsable)


def test_postgresql_reads_the_same(tmp_path: Path):
    found = [*glob("/usr/lib/postgresql/*/bin/postgres"), shutil.which("postgres")]  # noqa: PTH207 -- a fixed pattern
    server = next(filter(None, found), None)
    if server is None:
        pytest.skip("no `postgres`: install postgresql")
    values = {
        "my.one": 'it\'s \\ # "x"',
        "my.two": "tab\tnew\nline",
        "my.three": "\u00e4 ''",
        "my.four": "on",
        "work_mem": "8192",
    }
    text = "MY.four = 'off'\r\nmy.one 'x' # c\nWork_Mem = 4MB\n"
    for key, value in values.items():
        text = PostgresqlEditor.set(text, key, value)
    assert {s.key: s.value for s in PostgresqlEditor.settings(text)} == values
    (tmp_path / "postgresql.conf").write_bytes(text.encode())
    (tmp_path / "PG_VERSION").write_text(Path(server).parent.parent.name)
    tmp_path.chmod(0o700)
    for key, value in values.items():
        said = subprocess.run([server, "-C", key, "-D", tmp_path], capture_output=True, timeout=10, check=False)
        assert said.stdout.decode() == f"{value}\n", said.stderr
