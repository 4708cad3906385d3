"""Models and brains that say what a script tells them, and remember what they were told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel, Field, PrivateAttr
from typing_extensions import override

from prunella.domain.brief import Brief
from prunella.domain.plan import Proposal, Unsure
from prunella.domain.usage import Usage
from prunella.errors import Misuse

Said = AIMessage | str | Exception
Reply = Said | Callable[[Sequence[BaseMessage]], Said]
"""What a scripted model says: a message, plain words, an error that it raises, or a function of what it was told."""


@dataclass(frozen=True)
class ModelCall:
    """One call as the model got it. `tools` are names on the wire; `schema` None: no schema was asked for."""

    messages: list[BaseMessage]
    tools: list[str]
    schema: dict[str, Any] | None


class ScriptedModel(BaseChatModel):
    """A LangChain chat model that gives `replies` in order; `calls` is what it was told, oldest first.

    Raises Misuse when it is asked once more than the script is long.
    """

    replies: list[Any] = Field(default_factory=list[Any])
    model_name: str = "scripted"
    _calls: list[ModelCall] = PrivateAttr(default_factory=list[ModelCall])

    @property
    def calls(self) -> tuple[ModelCall, ...]:
        return tuple(self._calls)

    @property
    @override
    def _llm_type(self) -> str:
        return "scripted"

    @override
    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        return self.bind(tools=list(tools), **kwargs)

    @override
    def with_structured_output(
        self, schema: dict[str, Any] | type, *, include_raw: bool = False, **kwargs: Any
    ) -> Runnable[LanguageModelInput, dict[str, Any] | BaseModel]:
        """The reply's text as JSON; with `include_raw` the message itself too, and no error for what is no JSON."""
        return self.bind(schema=schema) | RunnableLambda(_parser(include_raw=include_raw))

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        tools = [_tool_name(tool) for tool in kwargs.get("tools", [])]
        self._calls.append(ModelCall(messages=messages, tools=tools, schema=kwargs.get("schema")))
        return ChatResult(generations=[ChatGeneration(message=self._next(messages))])

    @override
    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return self._generate(messages, stop, None, **kwargs)

    def _next(self, messages: list[BaseMessage]) -> AIMessage:
        if len(self.calls) > len(self.replies):
            raise Misuse(f"The scripted model was asked {len(self.calls)} times and has {len(self.replies)} replies.")
        reply: Reply = self.replies[len(self.calls) - 1]
        said = reply(messages) if callable(reply) else reply
        if isinstance(said, Exception):
            raise said
        return AIMessage(content=said) if isinstance(said, str) else said


def calling(name: str, arguments: Mapping[str, Any] | None = None, *more: tuple[str, Mapping[str, Any]]) -> AIMessage:
    """A message that makes these tool calls, in order."""
    calls = [(name, arguments or {}), *more]
    return AIMessage(
        content="",
        tool_calls=[
            {"name": called, "args": dict(given), "id": f"call-{place}", "type": "tool_call"}
            for place, (called, given) in enumerate(calls, start=1)
        ],
    )


def _tool_name(tool: Any) -> str:
    if isinstance(tool, Mapping):
        fields = cast("Mapping[str, Any]", tool)
        return str(fields.get("function", fields)["name"])
    return str(getattr(tool, "name", None) or tool.__name__)


def _parser(*, include_raw: bool) -> Callable[[AIMessage], dict[str, Any]]:
    from langchain_core.output_parsers import JsonOutputParser

    def parse(message: AIMessage) -> dict[str, Any]:
        if not include_raw:
            return JsonOutputParser().invoke(message)
        return {"raw": message, "parsed": None, "parsing_error": None}

    return parse


class ScriptedBrain:
    """A brain that makes `proposals` in order, or asks the functions among them; then it is unsure.

    `briefs` is what it was told, oldest first.
    """

    def __init__(
        self,
        *proposals: Proposal | Exception | Callable[[Brief], Proposal],
        name: str = "scripted",
        tokens_each: int = 0,
    ) -> None:
        self._proposals = proposals
        self._name = name
        self._tokens_each = tokens_each
        self.briefs: list[Brief] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def usage(self) -> Usage:
        return Usage(calls=len(self.briefs), input_tokens=self._tokens_each * len(self.briefs))

    async def propose(self, brief: Brief) -> Proposal:
        self.briefs.append(brief)
        if len(self.briefs) > len(self._proposals):
            return Unsure(why=f"the script of {len(self._proposals)} proposals is over")
        proposal = self._proposals[len(self.briefs) - 1]
        if isinstance(proposal, Exception):
            raise proposal
        return proposal(brief) if callable(proposal) else proposal
