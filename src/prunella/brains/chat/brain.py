"""Any LangChain chat model as a brain: by tool calls where it makes them, by JSON schema where it does not."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from prunella.brains.chat.failures import (
    Place,
    explain,
    is_cut_off,
    is_timeout,
    is_unsupported,
    may_pass,
    retry_after_s,
)
from prunella.brains.chat.prompt import BUDGET, Prompt, build_prompt
from prunella.brains.chat.replies import calls_of, proposal_of, require_words, words_of
from prunella.brains.chat.wire import Way, schema_for, tools_on_wire
from prunella.domain.brief import Brief
from prunella.domain.plan import Answer, Proposal, Unsure
from prunella.errors import PrunellaError, Rejected, Transient

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

TIMEOUT_S = 120.0
_ORDER = {
    Way.CALLS: (Way.CALLS, Way.SCHEMA, Way.WORDS),
    Way.SCHEMA: (Way.SCHEMA, Way.CALLS, Way.WORDS),
    Way.WORDS: (Way.WORDS,),
}


class Chat:
    """A brain that asks `model`, or what the function `model` returns at the first proposal.

    `name` is as the operator wrote it. `timeout_s` bounds one call, `backoff_s` are the pauses before a call that may
    pass is made again, `budget` bounds the prompt in characters. `way` is how the next answer is asked for: it starts
    with tool calls and remembers what this model cannot do.
    """

    def __init__(
        self,
        model: "BaseChatModel | Callable[[], BaseChatModel]",
        *,
        name: str = "",
        key: str = "",
        way: Way = Way.CALLS,
        timeout_s: float = TIMEOUT_S,
        backoff_s: tuple[float, ...] = (0.5, 2.0),
        budget: int = BUDGET,
    ) -> None:
        self._model = model
        self._name = name
        self._key = key
        self._timeout_s = timeout_s
        self._backoff_s = backoff_s
        self._budget = budget
        self.way = way
        self.tokens = 0

    @property
    def name(self) -> str:
        return self._name or getattr(self._model, "model_name", None) or type(self._model).__name__

    async def propose(self, brief: Brief) -> Proposal:
        """What the model proposes; Unsure with the exact fault when it was not usable twice.

        Raises Transient when the model cannot be had: unreachable, refused key, rate limit, timeout.
        """
        fault = ""
        for _ in range(2):
            try:
                return await self._ask(brief, fault)
            except Rejected as error:
                fault = str(error)
        return Unsure(why=f"{self.name} gave no usable answer twice: {fault}")

    async def _ask(self, brief: Brief, fault: str) -> Proposal:
        way, reply = await self._reply(brief, fault, _ORDER[self.way])
        proposal = _read(reply, brief)
        if way is not Way.WORDS and _is_plain(reply, proposal):
            return await self._ask_otherwise(brief, proposal, way)
        self.way = Way.SCHEMA if way is Way.CALLS and not reply.tool_calls else way
        return proposal

    async def _ask_otherwise(self, brief: Brief, spoken: Proposal, way: Way) -> Proposal:
        """What plain words meant, asked once more another way; a model that then says more is asked so from now on."""
        other = Way.CALLS if way is Way.SCHEMA else Way.SCHEMA
        way, reply = await self._reply(brief, "", (other, Way.WORDS))
        proposal = _read(reply, brief)
        if isinstance(proposal, Answer):
            return spoken
        self.way = way
        return proposal

    async def _reply(self, brief: Brief, fault: str, ways: tuple[Way, ...]) -> "tuple[Way, AIMessage]":
        """The reply by the first of `ways` that the provider supports, and which one that was."""
        *better, last = ways
        for way in better:
            try:
                return way, await self._call(brief, fault, way)
            except _Unsupported:
                continue
        return last, await self._call(brief, fault, last)

    async def _call(self, brief: Brief, fault: str, way: Way) -> "AIMessage":
        prompt = build_prompt(brief, way, budget=self._budget, fault=fault)
        model = await self._load()
        for pause_s in (*self._backoff_s, None):
            try:
                async with asyncio.timeout(self._timeout_s):
                    reply = await _send(model, prompt, brief, way)
            except PrunellaError:
                raise
            except Exception as error:
                self._learn_from(error, way)
                if pause_s is None or is_unsupported(error) or not may_pass(error):
                    raise self._explained(error, model, way) from error
                await asyncio.sleep(max(pause_s, retry_after_s(error)))
            else:
                self.tokens += _tokens(reply, prompt)
                return reply
        raise AssertionError("the last round returns or raises")

    def _learn_from(self, error: Exception, way: Way) -> None:
        """A model that ran on without end when it was free to is held to the schema, which ends, from now on."""
        if way is Way.CALLS and is_timeout(error):
            self.way = Way.SCHEMA

    def _explained(self, error: Exception, model: "BaseChatModel", way: Way) -> PrunellaError:
        if is_cut_off(error):
            return Rejected("the reply was cut off at the model's output limit; be brief")
        explained = explain(error, Place(self.name, _url(model), self._key), self._timeout_s)
        return _Unsupported(str(explained)) if way is not Way.WORDS and is_unsupported(error) else explained

    async def _load(self) -> "BaseChatModel":
        """The model; importing its client takes seconds, so it is done beside the event loop."""
        from langchain_core.language_models import BaseChatModel

        if not isinstance(self._model, BaseChatModel):
            self._model = await asyncio.to_thread(self._model)
        return self._model


class _Unsupported(Transient):
    """The provider cannot be asked this way; another way may do."""


def _read(reply: "AIMessage", brief: Brief) -> Proposal:
    words, calls = words_of(reply), calls_of(reply)
    return proposal_of(calls, words, brief) if calls else Answer(text=require_words(words))


def _is_plain(reply: "AIMessage", proposal: Proposal) -> bool:
    """True for words by a model that was asked for calls or for JSON."""
    return isinstance(proposal, Answer) and not calls_of(reply)


async def _send(model: "BaseChatModel", prompt: Prompt, brief: Brief, way: Way) -> "AIMessage":
    messages = [("system", prompt.system), ("human", prompt.user)]
    if way is Way.CALLS:
        return await model.bind_tools(tools_on_wire(brief.tools)).ainvoke(messages)
    if way is Way.WORDS:
        return await model.ainvoke(messages)
    asked = model.with_structured_output(schema_for(brief), method="json_schema", include_raw=True)
    answer = cast("dict[str, Any]", await asked.ainvoke(messages))
    return cast("AIMessage", answer["raw"])


def _tokens(reply: "AIMessage", prompt: Prompt) -> int:
    """What the call cost; about four characters each when the provider does not say."""
    if reply.usage_metadata:
        return reply.usage_metadata["total_tokens"]
    return (len(prompt.system) + len(prompt.user) + len(str(reply.text))) // 4


def _url(model: "BaseChatModel") -> str:
    names = ("openai_api_base", "anthropic_api_url", "base_url")
    return next((str(url) for name in names if (url := getattr(model, name, None))), "")
