"""The scripted model is a LangChain model like any other."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel

from prunella.domain.brief import Brief
from prunella.domain.plan import Answer, Unsure
from prunella.domain.report import Report
from prunella.errors import Misuse, Transient
from prunella.testing.models import ScriptedBrain, ScriptedModel, calling

BRIEF = Brief(goal="g", report=Report())


def add(a: int, b: int) -> int:
    """Add."""
    return a + b


class Sum(BaseModel):
    total: int


def test_replies_come_in_order_and_may_depend_on_what_was_said():
    def echo(messages: list[BaseMessage]) -> str:
        return str(messages[-1].text).upper()

    model = ScriptedModel(replies=["one", echo, AIMessage(content="three")])
    assert [model.invoke(word).text for word in ("a", "b", "c")] == ["one", "B", "three"]
    assert [call.messages[0].text for call in model.calls] == ["a", "b", "c"]


async def test_tools_arrive_by_name_and_calls_come_back():
    model = ScriptedModel(replies=[calling("add", {"a": 1, "b": 2}, ("add", {"a": 3, "b": 4}))])
    tool: dict[str, Any] = {"type": "function", "function": {"name": "look", "description": "", "parameters": {}}}
    message = await model.bind_tools([tool, add, Sum]).ainvoke("1 + 2?")
    assert [call["args"] for call in message.tool_calls] == [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert model.calls[0].tools == ["look", "add", "Sum"]


async def test_structured_output_is_the_text_as_json():
    model = ScriptedModel(replies=['{"total": 3}', "no json"])
    schema = Sum.model_json_schema()
    assert await model.with_structured_output(schema).ainvoke("?") == {"total": 3}
    assert model.calls[0].schema == schema
    raw = await model.with_structured_output(schema, include_raw=True).ainvoke("?")
    assert isinstance(raw, dict)
    assert raw["raw"].text == "no json"


def test_the_end_of_the_script_and_scripted_errors_are_raised():
    model = ScriptedModel(replies=[Transient("down")])
    with pytest.raises(Transient, match="down"):
        model.invoke("a")
    with pytest.raises(Misuse, match="asked 2 times and has 1 replies"):
        model.invoke("b")


async def test_a_scripted_brain_follows_its_script_and_then_is_unsure():
    brain = ScriptedBrain(Answer(text="yes"), lambda brief: Answer(text=brief.goal), Transient("down"), tokens_each=5)
    assert await brain.propose(BRIEF) == Answer(text="yes")
    assert await brain.propose(BRIEF) == Answer(text="g")
    with pytest.raises(Transient):
        await brain.propose(BRIEF)
    assert await brain.propose(BRIEF) == Unsure(why="the script of 3 proposals is over")
    assert (len(brain.briefs), brain.usage.tokens, brain.name) == (4, 20, "scripted")
