"""What a parameter may name is listed where a list is of use."""

from prunella.domain.tool import Risk, ToolSpec
from prunella.tools.choices import offering

SPEC = ToolSpec(
    name="config.set",
    description="Set.",
    risk=Risk.CHANGE,
    parameters={"type": "object", "properties": {"file": {"type": "string", "description": "which"}, "key": {}}},
    returns={},
)


def test_a_parameter_lists_its_choices_and_keeps_the_rest():
    assert offering(SPEC, file=["a.env", "b.ini"], service=["web"]).parameters["properties"] == {
        "file": {"type": "string", "description": "which", "enum": ["a.env", "b.ini"]},
        "key": {},
    }


def test_too_many_and_none_are_not_listed():
    assert offering(SPEC, file=[str(n) for n in range(51)]) == SPEC
    assert offering(SPEC, file=[]) == SPEC
    assert offering(SPEC.model_copy(update={"parameters": {}}), file=["a"]).parameters == {}
