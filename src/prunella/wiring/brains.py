"""From the names and the objects that stand for brains to one brain: a ladder, with its roles."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from prunella.brains.ladder import Ladder, Rung
from prunella.brains.roles.asking import Borrowed
from prunella.brains.roles.delegating import Delegating
from prunella.brains.roles.sifting import Sifting
from prunella.brains.roles.summarising import Summarising
from prunella.domain.brief import Brief
from prunella.domain.facts import Facts
from prunella.domain.plan import Answer, ClimbReason, LookUp, Plan, Proposal, Unsure
from prunella.domain.service import BrainsSpec
from prunella.domain.usage import Price, Usage
from prunella.errors import Misuse, PrunellaError
from prunella.protocols import Brain, Emit
from prunella.silence import silent

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Observe = Callable[[], Awaitable[Facts]]
Thought = Callable[[Brief], Awaitable[Proposal] | Proposal]
"""A function as a brain: it is told everything, touches nothing, and says what to do next."""

_MODEL_TIMEOUT = "PRUNELLA_MODEL_TIMEOUT"
REFLEX = "reflex"


@dataclass(frozen=True)
class Roles:
    """Who does which part of the thinking; each is a model's name, a LangChain chat model, a Brain or a function, or
    several of them as a ladder, cheapest first.

    `plan` thinks. Of the others an empty one means that the planner does it: `act` turns a plan's tasks into calls,
    `judge` sets aside evidence that does not matter, `summarise` tells older attempts in short.
    """

    plan: object
    act: object = ()
    judge: object = ()
    summarise: object = ()


@dataclass(frozen=True)
class Study:
    """What brains are made with. `observe` is what the reflex rung reasons over; None where there is no fleet.

    `capture`: what models are asked and say goes to the timeline, redacted.
    """

    environ: Mapping[str, str]
    emit: Emit = silent
    observe: Observe | None = None
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    capture: bool = False
    role: str = "plan"


def roles_of(spec: BrainsSpec) -> Roles:
    """The operator's names as roles."""
    return Roles(plan=spec.ladder, act=spec.act, judge=spec.judge, summarise=spec.summarise)


def brain_of(roles: Roles, study: Study) -> Ladder:
    """The ladder of planners, each with its helpers. Raises one Misuse for all that is wrong with the roles."""
    faults: list[str] = []
    planners = _brains(roles.plan, study, faults)
    actor, judge, scribe = (
        _ladder(_brains(given, replace(study, observe=None, role=role), faults))
        for role, given in (("act", roles.act), ("judge", roles.judge), ("summarise", roles.summarise))
    )
    if faults or not planners:
        raise Misuse("\n".join(dict.fromkeys(faults)) or "No brain is named. Write one, such as reflex.")
    return Ladder([_rung(each, actor, judge, scribe) for each in planners], study.emit)


def as_brain(given: object, study: Study) -> Brain:
    """A brain from a name, a LangChain chat model, a function, or itself. Raises Misuse for anything else."""
    if isinstance(given, str):
        return _named(given, study)
    if hasattr(given, "propose"):
        return cast("Brain", given)
    if hasattr(given, "bind_tools"):
        from prunella.brains.chat.brain import Chat

        return Chat(
            cast("BaseChatModel", given), timeout_s=model_timeout_s(study.environ), emit=study.emit, role=study.role,
            capture=study.capture,
        )  # fmt: skip
    if callable(given):
        return FunctionBrain(cast("Thought", given), timeout_s=model_timeout_s(study.environ))
    raise Misuse(f"{given!r} is no brain: give a model's name, a LangChain chat model, a Brain, or a function.")


@dataclass(frozen=True)
class FunctionBrain:
    """A brain that is a function, sync or async, and called what the function is called. It spends no tokens.

    What the function raises is a doubt with that reason; a result that is no proposal is a Misuse.
    """

    think: Thought
    usage: Usage = Usage()
    timeout_s: float = 120.0

    @property
    def name(self) -> str:
        return getattr(self.think, "__name__", type(self.think).__name__)

    async def propose(self, brief: Brief) -> Proposal:
        try:
            async with asyncio.timeout(self.timeout_s):
                thought: Any = self.think(brief)
                thought = await thought if inspect.isawaitable(thought) else thought
        except PrunellaError:
            raise
        except TimeoutError:
            return Unsure(why=f"{self.name} did not answer within {self.timeout_s:g} s", reason=ClimbReason.UNAVAILABLE)
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


def _brains(given: object, study: Study, faults: list[str]) -> list[Brain]:
    """One brain or several; what is wrong is noted."""
    each = cast("Sequence[object]", given) if isinstance(given, list | tuple) else (given,)
    brains: list[Brain] = []
    for one in each:
        try:
            brains.append(as_brain(one, study))
        except Misuse as fault:
            faults.append(str(fault))
    return brains


def _ladder(brains: list[Brain]) -> Ladder | None:
    return Ladder(brains) if brains else None


def _rung(planner: Brain, actor: Brain | None, judge: Brain | None, scribe: Brain | None) -> Rung:
    """The reflex rung sees everything itself, and persists: each of its plans follows from another thought."""
    if planner.name == REFLEX:
        return Rung(planner, persists=True)
    brain = Delegating(planner, Borrowed(actor)) if actor and actor.name != planner.name else planner
    brain = Sifting(brain, Borrowed(judge)) if judge else brain
    return Rung(Summarising(brain, Borrowed(scribe)) if scribe else brain)


def _named(name: str, study: Study) -> Brain:
    if name == REFLEX:
        if study.observe is None:
            raise Misuse("The reflex brain reasons over a fleet. Give this agent a model, such as openai:gpt-5.")
        from prunella.brains.reflex.brain import Reflex

        return Reflex(study.observe)
    from prunella.brains.chat.brain import Chat
    from prunella.brains.chat.models import choose_model

    return Chat.of(
        choose_model(name, study.environ), prices=study.prices, timeout_s=model_timeout_s(study.environ),
        emit=study.emit, role=study.role, capture=study.capture,
    )  # fmt: skip
