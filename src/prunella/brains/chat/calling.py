"""One question to one model: asked, tried again where that helps, counted, and told of."""

import asyncio
import inspect
import json
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from prunella.brains.chat import failures
from prunella.brains.chat.keys import secrets_of
from prunella.brains.chat.prices import Tariff, Tokens
from prunella.brains.chat.prompt import Prompt
from prunella.brains.chat.streaming import MOST_CHARS, Heard, hear_stream, hear_whole
from prunella.brains.chat.telling import Pieces, Teller
from prunella.brains.chat.wire import Schema, Way
from prunella.domain.usage import Usage
from prunella.errors import PrunellaError, Rejected, Transient

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import Runnable


HEATS = (0.0, 0.6, 1.0, 1.3)
"""Temperatures of the first question, and of those after an answer of no use: a cold model tends to repeat itself."""


class Unsupported(Transient):
    """The provider cannot be asked this way; another way may do."""


class TimedOut(Transient):
    """The model did not come to an end in time; one that is held to a schema may."""


class Cancelled(PrunellaError):
    """The call was left before its end."""


@dataclass(frozen=True)
class Question:
    """A prompt, and how it is asked: `tools` by calls, `schema` by schema, neither in words.

    `heat` is the temperature for a model that is otherwise asked at 0.
    """

    prompt: Prompt
    way: Way
    tools: tuple[Schema, ...] = ()
    schema: Schema = field(default_factory=dict[str, Any])
    heat: float = 0.0

    @property
    def messages(self) -> list[tuple[str, str]]:
        return [("system", self.prompt.system), ("human", self.prompt.user)]

    @cached_property
    def chars(self) -> int:
        """All that the model reads."""
        wire = json.dumps(self.tools or self.schema or "")
        return len(self.prompt.system) + len(self.prompt.user) + len(wire)


@dataclass(frozen=True)
class Patience:
    """`timeout_s` bounds one call, `idle_s` a pause within its answer, `most_chars` the answer; `backoff_s` are the
    pauses before a call that may pass is made again.
    """

    timeout_s: float = 120.0
    idle_s: float = 30.0
    backoff_s: tuple[float, ...] = (0.5, 2.0)
    most_chars: int = MOST_CHARS


class Caller:
    """Asks `model`, or what the function `model` returns at the first call. `usage` is all that it has cost.

    `tariff` None: what the model says of itself tells the price. It streams until a model turns out not to, and
    remembers that.
    """

    def __init__(
        self, model: Any, teller: Teller, patience: Patience, *, tariff: Tariff | None = None, key: str = ""
    ) -> None:
        self._model = model
        self._teller, self._patience, self._tariff, self._key = teller, patience, tariff, key
        self._streams = True
        self._loaded: BaseChatModel | None = None
        self.usage = Usage()

    async def ask(self, question: Question) -> "AIMessage":
        """The reply. Raises Rejected for one that is too long, Unsupported, and Transient for a model that cannot be
        had; none of them is chained to what the client raised, for that may quote the key.
        """
        model = self._loaded or await self._load()
        streams, pauses = self._streams, iter(self._patience.backoff_s)
        while True:
            outcome = await self._try(model, question, streams=streams)
            if not isinstance(outcome, Exception):
                self._streams = streams
                return outcome
            if failures.refuses_temperature(outcome) and getattr(model, "temperature", None) is not None:
                self._loaded = model = model.model_copy(update={"temperature": None})
            elif streams and failures.refuses_streaming(outcome):
                streams = False
            elif (pause_s := next(pauses, None)) is not None and failures.may_pass(outcome):
                await asyncio.sleep(max(pause_s, failures.retry_after_s(outcome)))
            else:
                raise self._explained(outcome, model, question.way)

    async def _try(self, model: "BaseChatModel", question: Question, *, streams: bool) -> "AIMessage | Exception":
        """One call: what was said, or what went wrong. Counted and told of, also when it is cancelled."""
        pieces = Pieces(self._teller)
        heard = Heard(pieces.add, self._patience.most_chars)
        outcome: AIMessage | Exception = Cancelled("nobody waits for the answer any more")
        try:
            asked = _asked(model, question)
            async with asyncio.timeout(self._patience.timeout_s):
                if streams:
                    outcome = await hear_stream(asked, question.messages, heard, self._patience.idle_s)
                else:
                    outcome = await hear_whole(asked, question.messages, heard)
        except Exception as error:  # noqa: BLE001 - every provider has an error tree of its own; `ask` sorts it
            outcome = error
        finally:
            pieces.end()
            self._account(model, question, heard, outcome)
        return outcome

    def _account(
        self, model: "BaseChatModel", question: Question, heard: Heard, outcome: "AIMessage | Exception"
    ) -> None:
        tokens, seconds = tokens_of(question, heard, outcome), time.monotonic() - heard.started
        dollars = self._tariff.dollars(tokens) if self._tariff else None
        usage = Usage(
            calls=1,
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            dollars=dollars or 0.0,
            unpriced=int(dollars is None),
            seconds=seconds,
        )
        self.usage += usage
        failed = isinstance(outcome, Exception)
        self._teller.tell_call(
            usage,
            heard,
            way=str(question.way),
            error=str(self._explained(outcome, model, question.way)) if failed else "",
            prompt=f"{question.prompt.system}\n\n{question.prompt.user}",
            reply=heard.text,
        )

    def _explained(self, error: Exception, model: "BaseChatModel", way: Way) -> PrunellaError:
        """The same failure as one of ours, without the key."""
        own = next((link for link in failures.chain(error) if isinstance(link, PrunellaError)), None)
        if own is not None:
            return own
        if failures.is_cut_off(error):
            return Rejected("the reply was cut off at the model's output limit; be brief")
        place = failures.Place(self._teller.brain, _url(model), self._key)
        explained = failures.explain(error, place, self._patience.timeout_s)
        unsupported = way is not Way.WORDS and failures.is_unsupported(error)
        kind = TimedOut if failures.ran_out(error) else Unsupported if unsupported else Transient
        return kind(self._teller.redactor.text(str(explained)))

    async def _load(self) -> "BaseChatModel":
        """The model; importing its client takes seconds, so it is done beside the event loop."""
        from langchain_core.language_models import BaseChatModel

        given = self._model
        if not isinstance(given, BaseChatModel):
            given = await asyncio.to_thread(given)
            given = await given if inspect.isawaitable(given) else given
        self._loaded = model = cast("BaseChatModel", given)
        self._teller.learn(secrets_of(model))
        self._streams = _can_stream(model)
        self._tariff = self._tariff or _tariff(model)
        self._teller.provider, self._teller.model = self._tariff.provider, self._tariff.model
        return model


def tokens_of(question: Question, heard: Heard, outcome: "AIMessage | Exception") -> Tokens:
    """What a call read and wrote: as reported, else at four characters a token; nothing where it was turned away."""
    if isinstance(outcome, Exception):
        if failures.is_turned_away(outcome):
            return Tokens()
        reported = heard.usage
    else:
        reported = outcome.usage_metadata
    if reported is None:
        return Tokens(question.chars // 4, heard.chars // 4)
    cached = (reported.get("input_token_details") or {}).get("cache_read") or 0
    return Tokens(reported["input_tokens"], reported["output_tokens"], cached)


def _asked(model: "BaseChatModel", question: Question) -> "Runnable[Any, AIMessage]":
    """The model, told how to answer. Of a structured one only the model: its parser would read every piece anew. So
    would OpenAI's client, which loads for seconds what it needs for that; it is not shown that there is a schema.
    """
    from langchain_core.runnables import RunnableSequence

    if question.heat and getattr(model, "temperature", None) == 0:
        model = model.model_copy(update={"temperature": question.heat})
    if question.tools:
        return model.bind_tools(question.tools)
    if not question.schema:
        return model
    asked = model.with_structured_output(question.schema, method="json_schema")
    asked = asked.first if isinstance(asked, RunnableSequence) else asked
    form: object = getattr(asked, "kwargs", {}).get("response_format")
    if isinstance(form, dict) and "extra_body" in type(model).model_fields:
        return model.bind(extra_body={**(getattr(model, "extra_body", None) or {}), "response_format": form})
    return cast("Runnable[Any, AIMessage]", asked)


def _can_stream(model: "BaseChatModel") -> bool:
    from langchain_core.language_models import BaseChatModel

    return any(getattr(type(model), name) is not getattr(BaseChatModel, name) for name in ("_astream", "_stream"))


def _tariff(model: "BaseChatModel") -> Tariff:
    """By what a model says of itself."""
    name = next((str(said) for each in ("model_name", "model") if (said := getattr(model, each, None))), "")
    return Tariff(type(model).__name__.removeprefix("Chat").lower(), name, _url(model))


def _url(model: "BaseChatModel") -> str:
    names = ("openai_api_base", "anthropic_api_url", "base_url")
    return next((str(url) for name in names if (url := getattr(model, name, None))), "")
