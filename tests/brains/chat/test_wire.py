"""Schemas that every provider accepts."""

import json
from typing import Literal

from pydantic import BaseModel

from prunella.brains.chat.wire import find_spec, plain_parameters, proposal_schema, schema_for, tools_on_wire
from prunella.domain.tool import Risk, ToolSpec
from tests.brains.chat.briefs import BRIEF, SET, STATUS, TEXT, spec


class Place(BaseModel):
    host: str
    kind: Literal["tcp", "http"]


class Arguments(BaseModel):
    place: Place


NESTED = ToolSpec(
    name="net.look", description="Looks.", risk=Risk.READ, parameters=Arguments.model_json_schema(), returns={}
)


def test_a_tool_is_found_by_both_of_its_names():
    for name in ("config.set", "config_set", "functions.config_set"):
        assert find_spec(name, (STATUS, SET)) == SET
    assert find_spec("config", (STATUS, SET)) is None


def test_references_are_resolved_wherever_a_tool_stands():
    assert "$defs" not in plain_parameters(NESTED)
    assert "$ref" not in json.dumps([tools_on_wire([NESTED]), proposal_schema([NESTED])])
    assert '"enum": ["tcp", "http"]' in json.dumps(proposal_schema([NESTED]))


def test_a_parameter_named_why_is_the_tools_own():
    own = spec("pages.send", Risk.CHANGE, why={**TEXT, "description": "own"})
    assert tools_on_wire([own])[0]["function"]["parameters"]["properties"]["why"]["description"] == "own"


def test_until_something_was_seen_the_schema_lets_look_only():
    blind = BRIEF.model_copy(update={"evidence": ()})
    seen, unseen = (schema_for(brief)["properties"]["steps"] for brief in (BRIEF, blind))
    assert len(seen["items"]["anyOf"]) == 3
    assert [step["properties"]["tool"]["enum"] for step in unseen["items"]["anyOf"]] == [["services_status"]]
    assert unseen["maxItems"] < seen["maxItems"]


def test_what_no_tool_can_look_at_is_changed_at_once():
    blind = BRIEF.model_copy(update={"evidence": (), "tools": (SET,)})
    assert schema_for(blind) == proposal_schema([SET])


def test_without_tools_there_is_nothing_to_plan():
    assert [tool["function"]["name"] for tool in tools_on_wire([])] == ["answer", "give_up"]
    assert proposal_schema([])["properties"]["decision"]["enum"] == ["answer", "give_up"]
    assert "steps" not in proposal_schema([])["properties"]


def test_where_probes_alone_judge_there_is_no_place_for_words():
    judged = BRIEF.model_copy(update={"wants_words": False})
    spoken, silent = (schema_for(brief)["properties"] for brief in (BRIEF, judged))
    assert spoken.keys() - silent.keys() == {"text"}
    assert silent["decision"]["enum"] == ["use_tools", "give_up"]


def test_what_must_change_is_said_before_a_call_is_chosen_and_a_look_needs_no_reason():
    schema = schema_for(BRIEF)["properties"]
    assert list(schema)[:4] == ["because", "cause", "change", "decision"]
    steps = {
        each["properties"]["tool"]["enum"][0]: list(each["properties"]) for each in schema["steps"]["items"]["anyOf"]
    }
    assert steps["services_status"] == ["tool", "arguments"]
    assert steps["config_set"] == ["tool", "arguments", "why"]


def test_a_sub_goal_ends_with_a_probe_where_there_are_several():
    def step(*probes: str) -> dict[str, object]:
        submit = next(t for t in tools_on_wire([SET], probes) if t["function"]["name"] == "submit_plan")
        return submit["function"]["parameters"]["properties"]["steps"]["items"]["properties"]

    assert step("shop up", "till up")["until"]["enum"] == ["shop up", "till up"]  # pyright: ignore[reportIndexIssue] - a schema is a tree of anything
    assert "until" not in step("shop up")
