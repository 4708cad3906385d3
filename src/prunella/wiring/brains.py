"""From the names in a ladder to the brains that they stand for."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from prunella.brains.ladder import Ladder
from prunella.domain.brief import Brief
from prunella.domain.facts import Facts
from prunella.domain.plan import Answer, LookUp, Plan, Proposal, Unsure
from prunella.domain.usage import Usage
from prunella.errors import Misuse, PrunellaError
from prunella.protocols import Brain

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Observe = Callable[[], Awaitable[Facts]]
Thought = Callable[[Brief], Awaitable[Proposal] | Proposal]
"""A function as a brain: it is told everything, touches nothing, and says what to do next."""

_MODEL_TIMEOUT = "PRUNELLA_MODEL_TIMEOUT"


def brain_for(names: Sequence[str], observe: Observe | None, environ: Mapping[str, str]) -> Brain:
    """One brain, or a ladder of them. `reflex` reasons over what `observe` sees. Raises one Misuse for all that is
    wrong with the names.
    """
    rungs, faults = list[Brain](), list[str]()
    for name in names:
        try:
            rungs.append(_rung(name, observe, environ))
        except Misuse as fault:
            faults.append(str(fault))
    if faults or not rungs:
        raise Misuse("\n".join(dict.fromkeys(faults)) or "No brain is named. Write one, such as reflex.")
    return rungs[0] if len(rungs) == 1 else Ladder(rungs)


def as_brain(given: "str | BaseChatModel | Brain | Thought", environ: Mapping[str, str]) -> Brain:
    """A brain from a name, a LangChain chat model, a function, or itself. Raises Misuse for anything else."""
    if isinstance(given, str):
        return brain_for((given,), None, environ)
    if hasattr(given, "propose"):
        return cast("Brain", given)
    if hasattr(given, "bind_tools"):
        from prunella.brains.chat.brain import Chat

        return Chat(cast("BaseChatModel", given), timeout_s=model_timeout_s(environ))
    if callable(given):
        return FunctionBrain(given)
    raise Misuse(f"{given!r} is no brain: give a model's name, a LangChain chat model, a Brain, or a function.")


@dataclass(frozen=True)
class FunctionBrain:
    """A brain that is a function, sync or async, and called what the function is called. It spends no tokens.

    What the function raises is a doubt with that reason; a result that is no proposal is a Misuse.
    """

    think: Thought
    usage: Usage = Usage()

    @property
    def name(self) -> str:
        return getattr(self.think, "__name__", type(self.think).__name__)

    async def propose(self, brief: Brief) -> Proposal:
        try:
            thought: Any = self.think(brief)
            thought = await thought if inspect.isawaitable(thought) else thought
        except PrunellaError:
            raise
        except Exception as error:  # noqa: BLE001 - it is the user's code: whatever it raises, there is no idea
            return Unsure(why=f"{self.name} raised {type(error).__name__}: {error}")
        if isinstance(thought, Plan | LookUp | Answer | Unsure):
            return thought
        raise Misuse(f"The brain {self.name} gave {thought!r}: return a Plan, a LookUp, an Answer or Unsure.")


def model_timeout_s(environ: Mapping[str, str]) -> float:
    """How long one call of a model may take: PRUNELLA_MODEL_TIMEOUT, in seconds. Raises Misuse for no such number."""
    given = environ.get(_MODEL_TIMEOUT) or "120"
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if 0 < seconds < float("inf"):
        return seconds
    raise Misuse(f"{_MODEL_TIMEOUT} is {given!r}: give a number of seconds, such as 120.")


def _rung(name: str, observe: Observe | None, environ: Mapping[str, str]) -> Brain:
    if name == "reflex":
        if observe is None:
            raise Misuse("The reflex brain reasons over a fleet. Give this agent a model, such as openai:gpt-5.")
        from prunella.brains.reflex.brain import Reflex

        return Reflex(observe)
    from prunella.brains.chat.brain import Chat
    from prunella.brains.chat.models import choose_model

    choice = choose_model(name, environ)
    return Chat(choice.load, name=choice.name, key=choice.key, way=choice.way, timeout_s=model_timeout_s(environ))
