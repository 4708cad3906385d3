"""What is read beyond JSON, and what is refused because it could mean two things."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.brains.mending.broken import Broken, Cut, CutList, WrittenFloat, is_whole
from prunella.brains.mending.notation import read_value, read_whole

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON, st.booleans())
def test_json_is_read_as_json(value: object, ascii_only: bool):
    text = json.dumps([value], ensure_ascii=ascii_only)
    assert repr(read_whole(text)) == repr(json.loads(text))


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_a_python_literal_is_read_as_python_reads_it(value: object):
    assert repr(read_whole(repr([value]))) == repr([value])


@settings(max_examples=150, deadline=None)
@given(JSON, st.data())
def test_a_text_that_was_cut_is_broken_and_so_is_its_last_part(value: object, data: st.DataObject):
    text = json.dumps({"a": 1, "b": value})
    end = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(Broken) as raised:
        read_value(text[:end])
    assert raised.value.has_ended
    assert isinstance(raised.value.partial, Cut)
    assert not is_whole(raised.value.partial)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 1, b-c: 2,}", {"a": 1, "b-c": 2}),
        ("[{a: 1} {}]", [{"a": 1}, {}]),
        ('{"a": """x "y" z"""}', {"a": 'x "y" z'}),
        ("{“a”: “it's”, 'b': \u2018x\u2019}", {"a": "it's", "b": "x"}),
        ("{/* a */ 'a': None, # b\n 'b': True} // end", {"a": None, "b": True}),
        ('{"a": "x\ny"}', {"a": "x\ny"}),
        ('["\\ud83d\\ude00", "\\x41", "\\\'"]', ["😀", "A", "'"]),
        ('{"a": 1, "a": 1}', {"a": 1}),
        ("[.5, 1., +2]", [0.5, 1.0, 2]),
    ],
)
def test_what_can_mean_one_thing_only_is_read(text: str, value: object):
    assert read_whole(text) == value


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{a: yes}", '"yes" is not in quotes at character 5'),
        ('{"a": 1 "b": 2}', 'expected "," or "}", found ""b": 2}" at character 9'),
        ('{"a": "say "hi""}', 'expected "," or "}", found "hi""}" at character 13'),
        ('{"a": "C:\\dir"}', r"\\d is no escape, write \\\\d at character 10"),
        ('{"a": 007}', '"007}" is no number, put it in quotes at character 7'),
        ('{"a": 0x1F}', "is no number"),
        ('{"a": 1.2.3}', "is no number"),
        ('{"a": 2024-01-01}', "is no number"),
        ('{"a": 1e999}', "is no number"),
        ('{"a": 1, "a": 2}', 'the key "a" is given twice with different values'),
        ('{"a" 1}', 'expected ":" after the key "a", found "1}" at character 6'),
        ('{"a": }', 'expected a value, found "}" at character 7'),
        ("{} x", 'expected the end, found "x" at character 4'),
        ("{a: NaN}", '"NaN" is not in quotes'),
    ],
)
def test_what_could_mean_two_things_is_broken_with_its_place(text: str, fault: str):
    with pytest.raises(Broken, match=fault) as raised:
        read_whole(text)
    assert not raised.value.has_ended


@pytest.mark.parametrize(
    "text", ["{a: 80", "{a: tru", '{a: "x', '{a: "\\u00', "{a: [1", "{a: 1, b", "{a: 1} /* x", "[1,"]
)
def test_the_end_is_no_end_of_a_value(text: str):
    with pytest.raises(Broken) as raised:
        read_whole(text)
    assert raised.value.has_ended


def test_a_block_that_ends_early_is_cut_at_its_mark():
    with pytest.raises(Broken) as raised:
        read_value('{"name": "a", "arguments": {"x": [1]}\n</tool_call> more')
    assert raised.value.has_ended
    partial = raised.value.partial
    assert isinstance(partial, Cut)
    assert is_whole(partial["arguments"])


def test_what_was_read_of_a_broken_list_is_kept():
    with pytest.raises(Broken) as raised:
        read_value('[{"a": 1}, {"b": 2, "c": "x')
    partial = raised.value.partial
    assert isinstance(partial, CutList)
    assert [is_whole(part) for part in partial] == [True, False]


def test_the_text_of_a_number_that_says_more_is_remembered():
    (version,) = read_whole("[1.10]")
    assert isinstance(version, WrittenFloat)
    assert version.text == "1.10"
    assert type(read_whole("[1.1]")[0]) is float


@pytest.mark.parametrize("opening", ["[", '{"a":', "[{'b':"])
def test_deep_nesting_is_refused_without_a_recursion_error(opening: str):
    with pytest.raises(Broken, match="nested deeper than 60 levels"):
        read_value(opening * 50_000)
