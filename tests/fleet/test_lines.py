import tomllib
from typing import cast

import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.fleet.lines import Place, lines_of

TEXT = '''# comment with [brackets] = "x"
title = "a # no comment"
"quoted.key" = 'x'

[a.b]  # here
x.y = 1
text = """
[not.a.table]
key = 1
"" """
raw = \'\'\'
it\'s
\'\'\'
list = [
  # { no = 1 },
  { k = "}", n = [1, 2] },

  { k = '],', "k 2" = 1979-05-27T07:32:00Z }, "]",
]

[[t]]
n = 1
[[t]]
n = 2
  [t.sub]
  deep = {a.b = true}
[[t.more]]
z = 0
'''


def test_every_entry_has_its_line() -> None:
    lines = lines_of(TEXT)
    expected: dict[Place, int] = {
        ("title",): 2,
        ("quoted.key",): 3,
        ("a",): 5,
        ("a", "b"): 5,
        ("a", "b", "x", "y"): 6,
        ("a", "b", "text"): 7,
        ("a", "b", "raw"): 11,
        ("a", "b", "list"): 14,
        ("a", "b", "list", 0): 16,
        ("a", "b", "list", 0, "n", 1): 16,
        ("a", "b", "list", 1): 18,
        ("a", "b", "list", 1, "k 2"): 18,
        ("a", "b", "list", 2): 18,
        ("t",): 21,
        ("t", 0, "n"): 22,
        ("t", 1): 23,
        ("t", 1, "n"): 24,
        ("t", 1, "sub"): 25,
        ("t", 1, "sub", "deep", "a", "b"): 26,
        ("t", 1, "more", 0): 27,
        ("t", 1, "more", 0, "z"): 28,
    }
    assert {place: lines.get(place) for place in expected} == expected


def test_line_ends_of_windows_count_once() -> None:
    assert lines_of("a = 1\r\n\r\nb = 2\r\n")[("b",)] == 3


SCALARS = st.one_of(
    st.booleans(), st.integers(-9, 9), st.text(max_size=6), st.floats(allow_nan=False, allow_infinity=False)
)
KEYS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


def places(value: object, place: Place = ()) -> set[Place]:
    found: set[Place] = {place} if place else set()
    if isinstance(value, dict):
        for key, inner in cast("dict[str, object]", value).items():
            found |= places(inner, (*place, key))
    elif isinstance(value, list):
        for index, inner in enumerate(cast("list[object]", value)):
            found |= places(inner, (*place, index))
    return found


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_tomllib_reads_has_a_line(document: dict[str, object]) -> None:
    text = tomlkit.dumps(document)
    assert places(tomllib.loads(text)) == set(lines_of(text))
