"""A model that errs on purpose, in the ways in which small models do; seeded, so that every run can be had again."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import Field, PrivateAttr
from typing_extensions import override

from prunella.testing.models import ModelCall, ScriptedModel, calling
from prunella.testing.written import STYLES

T = TypeVar("T")


class Error(StrEnum):
    """What it does wrong; several at once where they go together."""

    INVENTED = "invented"  # calls a tool that is none
    BAD_ARGUMENTS = "bad arguments"  # wrong values, wrong types, missing or made-up names
    LOOP = "loop"  # says again what it said last
    EARLY_DONE = "early done"  # says that all is well
    CONTRADICTION = "contradiction"  # undoes what it did before, or what it does now
    MALFORMED = "malformed"  # writes its calls into the text, now and then cut off or broken


@dataclass(frozen=True)
class ToolCall:
    """One call as it should be made."""

    name: str
    arguments: Mapping[str, Any]


Right = Callable[[str], Sequence[ToolCall]]
"""From all that the model was told to the calls that would be right; none when all is well."""
Contrary = Callable[[ToolCall], ToolCall]
"""From a call to one that undoes it, or spoils something else."""


class ErringModel(ScriptedModel):
    """A chat model that knows what is `right` and often does something else: each error with its rate, 20 % unless
    `rates` says otherwise. `made` counts them. It answers by calls or by schema, as it is asked.
    """

    right: Any
    contrary: Any
    seed: int = 0
    rates: dict[Error, float] = Field(default_factory=lambda: dict.fromkeys(Error, 0.2))
    model_name: str = "erring"
    _random: random.Random = PrivateAttr(default_factory=random.Random)
    _last: AIMessage | None = PrivateAttr(default=None)
    _done: list[ToolCall] = PrivateAttr(default_factory=list[ToolCall])
    _made: list[Error] = PrivateAttr(default_factory=list[Error])

    @override
    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        self._random.seed(self.seed)

    @property
    def made(self) -> Mapping[Error, int]:
        return {error: self._made.count(error) for error in Error}

    @override
    def _next(self, messages: list[BaseMessage]) -> AIMessage:
        errors = {error for error in Error if self._random.random() < self.rates.get(error, 0.0)}
        self._last = self._reply("\n".join(str(message.text) for message in messages), self.calls[-1], errors)
        return self._last

    def _reply(self, told: str, asked: ModelCall, errors: set[Error]) -> AIMessage:
        if Error.LOOP in errors and self._last is not None:
            return self._noted(Error.LOOP, self._last)
        calls = list(self.right(told))
        if Error.EARLY_DONE in errors or not calls:
            self._made += [Error.EARLY_DONE] if calls else []
            return _done(asked, self._random)
        for error, change in self._changes():
            if error in errors:
                calls = self._noted(error, change(calls))
        self._done = calls
        if Error.MALFORMED in errors:
            return self._noted(Error.MALFORMED, AIMessage(content=self._malformed(calls)))
        return _whole(calls, asked)

    def _changes(self) -> tuple[tuple[Error, Callable[[list[ToolCall]], list[ToolCall]]], ...]:
        return (
            (Error.CONTRADICTION, self._contradicted),
            (Error.BAD_ARGUMENTS, self._misjudged),
            (Error.INVENTED, self._invented),
        )

    def _noted(self, error: Error, result: T) -> T:
        self._made.append(error)
        return result

    def _contradicted(self, calls: list[ToolCall]) -> list[ToolCall]:
        """Undo what was done last, or do the right thing and undo it at once."""
        if self._done and self._random.random() < 0.5:
            return [self.contrary(call) for call in reversed(self._done)]
        return [*calls, self.contrary(self._random.choice(calls))]

    def _misjudged(self, calls: list[ToolCall]) -> list[ToolCall]:
        place = self._random.randrange(len(calls))
        arguments = dict(calls[place].arguments)
        name = self._random.choice(sorted(arguments))
        match self._random.randrange(5):
            case 0:
                del arguments[name]
            case 1:
                arguments[name] = [{"value": arguments[name]}]
            case 2:
                arguments["force"] = True
            case 3:
                arguments[name] = "something else" if isinstance(arguments[name], str) else arguments[name] + 7
            case _:
                arguments = {f"the_{key}_at_all": value for key, value in arguments.items()}
        return [*calls[:place], ToolCall(calls[place].name, arguments), *calls[place + 1 :]]

    def _invented(self, calls: list[ToolCall]) -> list[ToolCall]:
        place = self._random.randrange(len(calls))
        name = self._random.choice(["restart_service", "fix_everything", f"{calls[place].name}_now", "shell"])
        return [*calls[:place], ToolCall(name, calls[place].arguments), *calls[place + 1 :]]

    def _malformed(self, calls: list[ToolCall]) -> str:
        """Calls in one of the written styles: half of them as their family writes them, the others cut or broken."""
        write = STYLES[self._random.choice(sorted(STYLES))]
        text = "\n".join(write(call.name, call.arguments) for call in calls)
        match self._random.randrange(6):
            case 0:
                return text[: self._random.randrange(len(text) + 1)]
            case 1:
                place = self._random.randrange(len(text))
                return text[:place] + self._random.choice("{}[]\"',:<") + text[place:]
            case 2:
                return f"I looked at it, and I will do this:\n{text}\nThis will help."
            case _:
                return text


def _whole(calls: Sequence[ToolCall], asked: ModelCall) -> AIMessage:
    if asked.tools:
        first, *more = [(call.name, call.arguments) for call in calls]
        return calling(*first, *more)
    steps = [{"why": "as I said", "tool": call.name, "arguments": dict(call.arguments)} for call in calls]
    return AIMessage(content=_proposal("use_tools", steps, ""))


def _done(asked: ModelCall, chance: random.Random) -> AIMessage:
    said = chance.choice(["All done: everything is right now.", "I have fixed it.", "Nothing is wrong here."])
    if asked.tools and chance.random() < 0.5:
        return calling("answer", {"text": said})
    return AIMessage(content=_proposal("answer", [], said) if asked.schema else said)


def _proposal(decision: str, steps: list[dict[str, Any]], text: str) -> str:
    return json.dumps(
        {"cause": "something is wrong", "because": [], "decision": decision, "steps": steps, "text": text}
    )
