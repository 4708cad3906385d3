"""LangChain's tools among ours. LangChain is imported only when one of its tools is there."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import to_jsonable_python

from prunella.domain.frozen import JsonValue
from prunella.domain.tool import Prepared, Risk, ToolSpec
from prunella.errors import Irrecoverable, Misuse
from prunella.protocols import Sandbox, Tool
from prunella.tools.code_runners import SandboxedTool, is_wrapper, language_of, refusal, wrapper_refusal
from prunella.tools.names import wire_name
from prunella.tools.schema import without_titles

if TYPE_CHECKING:
    from langchain_core.tools import BaseTool


class LangChainTool:
    """A LangChain tool; it has no undo, so unless it only reads, it asks."""

    def __init__(self, tool: "BaseTool", risk: Risk) -> None:
        self._tool = tool
        self.spec = ToolSpec(
            name=wire_name(tool.name),
            description=tool.description,
            risk=risk if risk is Risk.READ else Risk.IRREVERSIBLE,
            parameters=_parameters(tool),
            returns={},
        )

    @property
    def is_threaded(self) -> bool:
        """Whether a call that is given up may still go on: LangChain runs what is not async in a thread."""
        return getattr(self._tool, "coroutine", None) is None

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        if self.spec.risk is Risk.READ:
            return Prepared(before=dict(arguments))
        note = f"{self.spec.name} is a LangChain tool without an undo"
        return Prepared(before=dict(arguments), touches=(f"tool:{self.spec.name}",), reversible=False, note=note)

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        result = await self._tool.ainvoke(dict(arguments))
        return cast("JsonValue", to_jsonable_python(result, fallback=str))

    async def undo(self, before: JsonValue) -> None:  # noqa: ARG002 - the protocol's signature
        raise Irrecoverable(f"{self.spec.name} cannot be undone: it is a LangChain tool.")

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None:  # noqa: ARG002
        return None


def from_langchain(tool: "BaseTool", risk: Risk | str = Risk.IRREVERSIBLE, sandbox: Sandbox | None = None) -> Tool:
    """A LangChain tool as ours. Say risk="read" for one that only looks; all others count as irreversible.

    One that runs code on this machine is replaced by ours of the same name, which runs it in the sandbox; raises
    Misuse when there is none.
    """
    language = language_of(tool)
    if language is None:
        return LangChainTool(tool, Risk(risk))
    if sandbox is None:
        raise refusal(tool.name)
    if is_wrapper(tool):
        raise wrapper_refusal(tool.name)
    return SandboxedTool(LangChainTool(tool, Risk.READ).spec, language, sandbox)


def as_tool(thing: object, sandbox: Sandbox | None = None) -> Tool:
    """Our tool for a tool of ours or of LangChain. Raises Misuse for a function without `@tool`, for what would run
    code on this machine when there is no sandbox to run it in, and all else.
    """
    if isinstance(getattr(thing, "spec", None), ToolSpec):
        return cast("Tool", thing)
    if _is_langchain(thing):
        return from_langchain(cast("BaseTool", thing), sandbox=sandbox)
    name = getattr(thing, "__name__", repr(thing))
    if callable(thing):
        raise Misuse(f'{name} is no tool yet: decorate it with @tool, or @tool(risk="change", undo=...) if it changes.')
    raise Misuse(f"{name} is no tool: give a function with @tool, or a LangChain tool.")


def _is_langchain(thing: object) -> bool:
    module: Any = sys.modules.get("langchain_core.tools")
    return module is not None and isinstance(thing, module.BaseTool)


def _parameters(tool: "BaseTool") -> dict[str, JsonValue]:
    """The schema of what a caller gives: arguments that LangChain injects are not in it."""
    from langchain_core.tools import Tool as OneArgument

    if isinstance(tool, OneArgument) and tool.args_schema is None:  # a function of one text, however that is called
        return {"type": "object", "properties": without_titles(tool.args), "required": list(tool.args)}
    schema: Any = tool.tool_call_schema
    found = cast("dict[str, JsonValue]", schema) if isinstance(schema, dict) else schema.model_json_schema()
    return without_titles(found)
