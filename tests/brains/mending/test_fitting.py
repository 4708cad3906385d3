"""Arguments are converted where nothing is lost, and left alone for the vetting to name where something is."""

from typing import Any

import pytest

from prunella.brains.mending.broken import WrittenFloat
from prunella.brains.mending.fitting import converted, fit

INTEGER, STRING, NUMBER, BOOLEAN = ({"type": kind} for kind in ("integer", "string", "number", "boolean"))
MODE = {"enum": ["Strict", "loose"]}
LIST = {"type": "array", "items": {"type": "integer"}}


def schema(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


@pytest.mark.parametrize(
    ("value", "part", "fitted"),
    [
        ("8080", INTEGER, 8080),
        ("-1", INTEGER, -1),
        (1.0, INTEGER, 1),
        (8080, STRING, "8080"),
        (0.5, STRING, "0.5"),
        (WrittenFloat("1.10"), STRING, "1.10"),
        ("0.5", NUMBER, 0.5),
        ("3", NUMBER, 3),
        ("true", BOOLEAN, True),
        ("False", BOOLEAN, False),
        ("strict", MODE, "Strict"),
        ("LOOSE", MODE, "loose"),
        ("2", {"enum": [1, 2]}, 2),
        (8080, {"enum": ["8080"]}, "8080"),
        (5, LIST, [5]),
        ("5", LIST, [5]),
        (["5", 6], LIST, [5, 6]),
        ("[5, 6]", LIST, [5, 6]),
        ('{"a": 1}', {"type": "object"}, {"a": 1}),
        ('{"a": "1"}', {"type": "object", "properties": {"a": INTEGER}}, {"a": 1}),
        ("8080", {"anyOf": [INTEGER, {"type": "null"}]}, 8080),
        ("8080", {"type": ["integer", "null"]}, 8080),
        (8080, {"anyOf": [STRING, {"type": "null"}]}, "8080"),
        ("7", {"$ref": "#/$defs/Port"}, 7),
    ],
)
def test_what_loses_nothing_is_converted(value: object, part: dict[str, Any], fitted: object):
    result = converted(value, part, {"$defs": {"Port": INTEGER}})
    assert (type(result), result) == (type(fitted), fitted)


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (3.7, INTEGER),
        ("3.7", INTEGER),
        ("8080 ", INTEGER),
        ("007", INTEGER),
        ("0x1F", INTEGER),
        ("1_000", INTEGER),
        ("8,080", INTEGER),
        (True, INTEGER),
        ("true", INTEGER),
        (2.0**60, INTEGER),
        (True, STRING),
        (None, STRING),
        ([1], STRING),
        ("nan", NUMBER),
        ("1e999", NUMBER),
        ("yes", BOOLEAN),
        (1, BOOLEAN),
        ("strictly", MODE),
        ("1,2", LIST),
        ("one", LIST),
        (None, LIST),
        ("{oops", {"type": "object"}),
        ("abc", {"anyOf": [INTEGER, BOOLEAN]}),
    ],
)
def test_what_would_lose_something_stays(value: object, part: dict[str, Any]):
    result = converted(value, part, {})
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize("text", ["8080", "true", "null", " x ", "[1]", '{"a": 1}', "'x'", "1.10", ""])
def test_a_text_that_is_asked_for_is_never_touched(text: str):
    for part in (STRING, {"anyOf": [STRING, INTEGER]}, {"anyOf": [INTEGER, STRING]}, {}):
        assert converted(text, part, {}) == text


def test_two_choices_that_differ_in_case_only_are_not_chosen_from():
    assert converted("ab", {"enum": ["AB", "Ab"]}, {}) == "ab"


def test_a_near_name_becomes_the_missing_parameter():
    asked = schema("file", "key", file=STRING, key=STRING, mode=STRING)
    assert fit({"filename": "a", "Key": "k"}, asked) == {"file": "a", "key": "k"}
    assert fit({"file": "a", "filename": "b", "key": "k"}, asked) == {"file": "a", "filename": "b", "key": "k"}
    assert fit({"filename": "a", "file_path": "b", "key": "k"}, asked) == {
        "filename": "a",
        "file_path": "b",
        "key": "k",
    }


def test_an_optional_parameter_is_not_guessed_at():
    asked = schema("key", key=STRING, file=STRING)
    assert fit({"key": "k", "filename": "a"}, asked) == {"key": "k", "filename": "a"}
    assert fit({"key": "k", "File": "a"}, asked) == {"key": "k", "file": "a"}


def test_chatter_goes_and_other_extras_stay_to_be_named():
    asked = schema("key", key=STRING)
    assert fit({"key": "k", "explanation": "as the log says", "Reason": "x"}, asked) == {"key": "k"}
    assert fit({"key": "k", "force": True}, asked) == {"key": "k", "force": True}
    assert fit({"key": "k", "reason": {"a": 1}}, asked) == {"key": "k", "reason": {"a": 1}}
    own = schema("reason", reason=STRING)
    assert fit({"reason": "disk full"}, own) == {"reason": "disk full"}


def test_an_open_tool_takes_every_name():
    asked = {**schema("key", key=STRING), "additionalProperties": True}
    assert fit({"Key": "k", "why": "x"}, asked) == {"Key": "k", "why": "x"}


def test_nulls_go_where_a_parameter_may_be_left_out_and_takes_none():
    asked = schema("key", key=STRING, mode=STRING, note={"anyOf": [STRING, {"type": "null"}]})
    assert fit({"key": "k", "mode": None}, asked) == {"key": "k"}
    assert fit({"key": None, "note": None}, asked) == {"key": None, "note": None}


def test_arguments_that_were_wrapped_twice_are_unwrapped():
    assert fit({"arguments": {"key": "k"}}, schema("key", key=STRING)) == {"key": "k"}
    assert fit({"args": {"key": "k"}}, schema("args", args={"type": "object"})) == {"args": {"key": "k"}}


def test_a_reference_to_itself_ends():
    loop = {"$ref": "#/$defs/Loop"}
    assert fit({"a": "1"}, {**schema("a", a=loop), "$defs": {"Loop": loop}}) == {"a": "1"}
