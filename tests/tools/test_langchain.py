from typing import Annotated

import pytest
from langchain_core.tools import BaseTool, InjectedToolArg, StructuredTool, ToolException
from langchain_core.tools import Tool as OneArgument
from langchain_core.tools import tool as langchain_tool

from prunella.domain.plan import Step
from prunella.domain.tool import Risk
from prunella.errors import Irrecoverable, Misuse
from prunella.tools.langchain import as_tool, from_langchain
from prunella.tools.tool import tool
from prunella.tools.toolbox import Tools


@langchain_tool
def send_mail(to: str, copies: int = 1, user: Annotated[str, InjectedToolArg] = "nobody") -> dict[str, object]:
    """Send a mail to somebody."""
    if to == "nowhere":
        raise ToolException("no such address")
    return {"to": to, "copies": copies, "user": user}


async def test_a_langchain_tool_is_called_like_ours():
    tools = Tools([from_langchain(send_mail)])
    seen = await tools.call(Step(tool="send_mail", arguments={"to": "ada", "copies": "2"}))
    assert seen.output == {"to": "ada", "copies": 2, "user": "nobody"}
    assert tools.specs[0].description == "Send a mail to somebody."
    failed = await tools.call(Step(tool="send_mail", arguments={"to": "nowhere"}))
    assert (failed.error, failed.message) == ("ToolException", "no such address")


async def test_injected_and_unknown_arguments_are_not_for_brains():
    tools = Tools([from_langchain(send_mail)])
    for name in ("user", "too"):
        seen = await tools.call(Step(tool="send_mail", arguments={"to": "ada", name: "root"}))
        assert (seen.error, f'"{name}" is no parameter' in seen.message) == ("BadArguments", True)


@pytest.mark.parametrize(("risk", "spec_risk"), [("irreversible", Risk.IRREVERSIBLE), ("change", Risk.IRREVERSIBLE)])
async def test_it_cannot_be_put_back(risk: str, spec_risk: Risk):
    made = from_langchain(send_mail, risk)
    prepared = await made.before({"to": "ada"})
    assert (made.spec.risk, prepared.reversible, prepared.touches) == (spec_risk, False, ("tool:send_mail",))
    assert await made.applied({"to": "ada"}, prepared.before) is None
    with pytest.raises(Irrecoverable):
        await made.undo(prepared.before)


async def test_one_that_reads_touches_nothing():
    made = from_langchain(send_mail, "read")
    assert made.spec.risk is Risk.READ
    assert (await made.before({"to": "ada"})).touches == ()


async def test_a_schema_of_plain_json_will_do():
    async def greet(**arguments: object) -> object:
        return arguments

    given: BaseTool = StructuredTool(
        name="greet-person",
        description="Greets.",
        coroutine=greet,
        args_schema={"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    )
    tools = Tools([as_tool(given)])
    assert (await tools.call(Step(tool="greet-person", arguments={"name": "Ada"}))).output == {"name": "Ada"}


async def test_a_function_of_one_text_is_called_with_it():
    def shout(text: str) -> str:
        return text.upper()

    tools = Tools([from_langchain(OneArgument(name="shout", description="Says it loudly.", func=shout))])
    assert tools.specs[0].parameters["required"] == ["tool_input"]
    assert (await tools.call(Step(tool="shout", arguments={"tool_input": "ada"}))).output == "ADA"


def test_as_tool_takes_tools_and_refuses_the_rest():
    @tool
    def greet_person() -> None:
        """Greet whoever is standing there."""

    def plain() -> None: ...

    assert as_tool(greet_person) is greet_person
    assert as_tool(send_mail).spec.name == "send_mail"
    with pytest.raises(Misuse, match="plain is no tool yet: decorate it with @tool"):
        as_tool(plain)
    with pytest.raises(Misuse, match="3 is no tool"):
        as_tool(3)
