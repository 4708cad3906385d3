"""pg_hba.conf: the law of all editors, names that stay, and an order that counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.configs.pg_hba import PgHbaEditor
from prunella.errors import Rejected, Unparsable
from prunella.testing import config_editors as promises
from tests.configs.samples import COMMENTS

METHODS = st.sampled_from(["trust", "reject", "md5", "scram-sha-256", 'ldap ldapserver=x ldapprefix="cn=a, #b"'])
VALUES = st.one_of(
    METHODS, st.sampled_from(["", "md5 # c", "md5\nhost all all all trust", 'md5 "', " md5", "md5  x=1"])
)
ADDRESSES = st.sampled_from(["127.0.0.1/32", "::1/128", "10.0.0.0 255.0.0.0", "all", "samenet", ".example.org"])
WHO = st.sampled_from(["all", "app", "a,b", "+group", '"my db"', "@file", "replication"])


@st.composite
def records(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["local", "host", "hostssl"]))
    fields = [kind, draw(WHO), draw(WHO), *([] if kind == "local" else [draw(ADDRESSES)]), draw(METHODS)]
    gap = draw(st.sampled_from([" ", "  \t", " \\\n "]))
    return gap.join(fields) + draw(st.sampled_from(["", " "])) + draw(COMMENTS)


@st.composite
def files(draw: st.DrawFn) -> str:
    lines = list[str]()
    for record in draw(st.lists(records(), max_size=4)):
        lines += [*draw(st.lists(st.sampled_from(["", "# host all all", " "]), max_size=1)), record]
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    text = "\n".join(lines) + ("\n" if lines and draw(st.booleans()) else "")
    return text.replace("\n", newline)


@settings(max_examples=40, deadline=None)
@given(text=files(), value=VALUES)
def test_every_promise_is_kept(text: str, value: str):
    promises.keeps_all_promises(PgHbaEditor, text, value, '"host new new 192.0.2.0/24"')


FILE = """# who may come
local   all    all                  peer
host    app    app   127.0.0.1/32   scram-sha-256 # the shop
host    all    all   127.0.0.1/32   reject
host    all    all   10.0.0.0/8     md5
"""


def test_records_have_the_names_of_whom_they_are_about():
    found = [(s.key, s.value, s.line) for s in PgHbaEditor.settings(FILE)]
    assert found == [
        ("local all all", "peer", 2),
        ('"host app app 127.0.0.1/32"', "scram-sha-256", 3),
        ('"host all all 127.0.0.1/32"', "reject", 4),
        ('"host all all 10.0.0.0/8"', "md5", 5),
    ]


@pytest.mark.parametrize(
    "key", ["host app app 127.0.0.1/32", '"host app app 127.0.0.1/32"', "host  app\tapp  127.0.0.1/32"]
)
def test_one_method_changes_and_nothing_else(key: str):
    assert PgHbaEditor.set(FILE, key, "md5") == FILE.replace("scram-sha-256", "md5")


def test_a_removed_record_comes_back_where_it_takes_effect():
    key = "host app app 127.0.0.1/32"
    without = PgHbaEditor.remove(FILE, key)
    assert without == "".join(line for line in FILE.splitlines(keepends=True) if "app" not in line)
    line = "host app app 127.0.0.1/32 scram-sha-256\n"
    assert PgHbaEditor.set(without, key, "scram-sha-256") == without.replace("host    all", f"{line}host    all", 1)


@pytest.mark.parametrize(
    ("key", "before"),
    [
        ("hostssl all app 127.0.0.1/32", "host    all    all   127"),
        ("host all all 10.1.0.0 255.255.0.0", "host    all    all   10."),
        ("host replication app 127.0.0.1/32", None),
        ("host all all 0.0.0.0/0", None),
        ("host all all ::1/128", None),
        ("host all all db.example.org", None),
        ("local app app", "local   all"),
    ],
)
def test_a_new_record_stands_before_the_one_that_would_leave_it_nothing(key: str, before: str | None):
    expected = FILE.replace(before, f"{key} md5\n{before}", 1) if before else f"{FILE}{key} md5\n"
    assert PgHbaEditor.set(FILE, key, "md5") == expected


def test_a_second_record_of_the_same_name_is_told_by_its_place():
    text = "local all all reject\nlocal all all peer\n"
    assert [(s.key, s.value) for s in PgHbaEditor.settings(text)] == [
        ("local all all", "reject"),
        ("local all all.1", "peer"),
    ]
    assert PgHbaEditor.remove(text, "local all all.1") == "local all all reject\n"
    with pytest.raises(Rejected):
        PgHbaEditor.remove(text, "local all all")


def test_lists_quotes_options_and_continued_lines_are_read():
    method = 'ldap ldapprefix="cn=, x" \\\r\n  ldapsuffix=y'
    text = f'host "my db", b  +grp 10.0.0.1 255.255.255.255 {method} # c\r\ninclude_dir x\r\n'
    (first, second) = PgHbaEditor.settings(text)
    assert first.key == '"host \\"my db\\",b +grp 10.0.0.1 255.255.255.255"'
    assert first.value == 'ldap ldapprefix="cn=, x" ldapsuffix=y'
    assert (second.key, second.value, second.line) == ("include_dir", "x", 3)
    assert PgHbaEditor.set(text, first.key, "md5") == text.replace(method, "md5")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('# c\nhost all "open 127.0.0.1/32 md5\n', 2),
        ("local all all peer\nhots all all all md5\n", 2),
        ("host all all md5\n", 1),
        ("host all all 127.0.0.1/32\n", 1),
        ("host all all 127.0.0.1 255.0.0.0\n", 1),
        ("local all\n", 1),
        ("include\n", 1),
        ("a = 1\n", 1),
    ],
)
def test_a_broken_text_is_refused_with_its_line(text: str, line: int):
    promises.refuses_broken_text(PgHbaEditor, text, line, "local all all")


@pytest.mark.parametrize("key", ["port", "hosts all all all", "host", "host all"])
def test_what_is_no_record_is_refused(key: str):
    with pytest.raises(Rejected) as refusal:
        PgHbaEditor.set("host all all all md5\n", key, "trust")
    assert not isinstance(refusal.value, Unparsable)
