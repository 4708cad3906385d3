"""What an operator may write behind a model's name: `openai:gpt-5?reasoning_effort=low&max_tokens=4000`.

The grammar: `NAME[?KEY=VALUE[&KEY=VALUE]…]`; in a URL the model comes last, as a fragment:
`http://host/v1?temperature=0.3#model`. Each key at most once, each with a value.
"""

from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import unquote_plus

from pydantic import Field, ValidationError

from prunella.brains.chat.wire import MOST_STEPS
from prunella.domain.frozen import Frozen
from prunella.errors import Misuse
from prunella.nearest import nearest
from prunella.redaction.redactor import is_secret_key

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
_Dollars = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Tactic(StrEnum):
    """How far ahead a model is asked to think."""

    REACT = "react"  # one call at a time
    PLAN = "plan"  # the whole repair at once


def most_steps(tactic: Tactic) -> int:
    """How many steps one proposal may have."""
    return 1 if tactic is Tactic.REACT else MOST_STEPS


class Options(Frozen):
    """Everything that can stand behind a name; None: the default of the model's kind.

    `timeout` is in seconds, the prices are dollars for a million tokens, `num_ctx` is the context that Ollama keeps.
    """

    temperature: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: _Share | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    seed: int | None = None
    reasoning_effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    num_ctx: Annotated[int, Field(ge=1024)] | None = None
    tactic: Tactic | None = None
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    input_price: _Dollars | None = None
    output_price: _Dollars | None = None


def split_options(name: str) -> tuple[str, Options]:
    """The name without its options, and these. Raises one Misuse for all that is wrong with them."""
    before, mark, behind = name.partition("?")
    if not mark:
        return name, Options()
    query, hash_, model = behind.partition("#")
    return before + hash_ + model, _read(before, query)


def _read(before: str, query: str) -> Options:
    pairs = [_pair(text) for text in query.split("&")]
    faults = [fault for key, value in pairs if (fault := _fault(key, value))]
    faults += [f"{key} stands there twice" for key in _twice([key for key, _ in pairs])]
    if not faults:
        try:
            options = Options.model_validate_strings(dict(pairs))
        except ValidationError as error:
            faults = [_of_value(str(each["loc"][0]), str(each["input"])) for each in error.errors()]
        else:
            faults = [_HALF] if (options.input_price is None) != (options.output_price is None) else []
            if not faults:
                return options
    raise Misuse(f"The options of {before} are wrong: {'; '.join(faults)}.")


def _pair(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return unquote_plus(key).strip(), unquote_plus(value).strip()


_HALF = "input_price and output_price belong together, in dollars for a million tokens"


def _fault(key: str, value: str) -> str:
    """What is wrong with one pair by itself, "" for nothing. A secret's value is never repeated."""
    if is_secret_key(key) or key.casefold() in {"key", "apikey", "token"}:
        return f"{key} would be written into every log; put the key into the environment variable of the provider"
    if key not in Options.model_fields:
        close = nearest(key, Options.model_fields, most=1)
        meant = f"did you mean {close[0]}" if close else f"known are {', '.join(Options.model_fields)}"
        return f"{key!r} is not known ({meant})"
    return "" if value else f"{key} has no value: write {key}=VALUE"


def _twice(keys: list[str]) -> list[str]:
    return [key for key in dict.fromkeys(keys) if keys.count(key) > 1]


def _of_value(key: str, value: str) -> str:
    return f"{key} is {value!r}, which is not {_KINDS.get(key, 'a number')}"


_KINDS = {
    "temperature": "a number from 0 to 2",
    "top_p": "a number from 0 to 1",
    "max_tokens": "a whole number from 1",
    "seed": "a whole number",
    "reasoning_effort": "one of none, minimal, low, medium, high, xhigh",
    "num_ctx": "a whole number from 1024",
    "tactic": "one of react, plan",
    "timeout": "a number of seconds above 0",
    "input_price": "a number of dollars from 0",
    "output_price": "a number of dollars from 0",
}
