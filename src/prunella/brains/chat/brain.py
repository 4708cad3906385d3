"""Any LangChain chat model as a brain: by tool calls where it makes them, by JSON schema where it does not."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Self

from prunella.brains.chat.calling import HEATS, Caller, Patience, Question, TimedOut, Unsupported
from prunella.brains.chat.models import ModelChoice
from prunella.brains.chat.options import Tactic, most_steps
from prunella.brains.chat.prices import Tariff
from prunella.brains.chat.prompt import BUDGET, build_prompt
from prunella.brains.chat.replies import Repeated, calls_of, proposal_of, require_settled, require_words, words_of
from prunella.brains.chat.telling import Teller
from prunella.brains.chat.wire import SUBMIT_PLAN, Schema, Way, schema_for, tools_on_wire
from prunella.domain.brief import Brief
from prunella.domain.plan import Answer, ClimbReason, Plan, Proposal, Unsure
from prunella.domain.usage import Price, Usage
from prunella.errors import Rejected
from prunella.protocols import Emit
from prunella.silence import silent

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage

    Model = BaseChatModel | Callable[[], BaseChatModel | Awaitable[BaseChatModel]]

TIMEOUT_S, IDLE_S = 120.0, 30.0
_ORDER = {
    Way.CALLS: (Way.CALLS, Way.SCHEMA, Way.WORDS),
    Way.SCHEMA: (Way.SCHEMA, Way.CALLS, Way.WORDS),
    Way.WORDS: (Way.WORDS,),
}


class Chat:
    """A brain that asks `model`, or what the function `model` returns at the first proposal.

    `name` is as the operator wrote it, `key` the variable that holds the key. `timeout_s` bounds one call, `idle_s` a
    pause within an answer, `backoff_s` are the pauses before a call that may pass is made again, `budget` bounds the
    prompt in bytes. `emit` is told of every call and, as they come, of its tokens, in the words of `role`; `capture`
    adds the prompt and the reply. `way` is how the next answer is asked for: it remembers what this model cannot do.
    """

    def __init__(
        self,
        model: "Model",
        *,
        name: str = "",
        key: str = "",
        way: Way = Way.CALLS,
        tactic: Tactic = Tactic.PLAN,
        tariff: Tariff | None = None,
        timeout_s: float = TIMEOUT_S,
        idle_s: float = IDLE_S,
        backoff_s: tuple[float, ...] = (0.5, 2.0),
        budget: int = BUDGET,
        emit: Emit = silent,
        role: str = "plan",
        capture: bool = False,
    ) -> None:
        self._name = name or getattr(model, "model_name", None) or type(model).__name__
        teller = Teller(self._name, emit, role, capture)
        self._caller = Caller(model, teller, Patience(timeout_s, idle_s, backoff_s), tariff=tariff, key=key)
        self._budget = budget
        self._tactic = tactic
        self.way = way

    @classmethod
    def of(
        cls,
        choice: ModelChoice,
        *,
        prices: Mapping[str, Price] | None = None,
        timeout_s: float = TIMEOUT_S,
        emit: Emit = silent,
        role: str = "plan",
        capture: bool = False,
    ) -> Self:
        """The brain that an operator chose by name. A timeout in the name's options wins over `timeout_s`."""
        return cls(
            choice.load,
            name=choice.name,
            key=choice.key,
            way=choice.way,
            tactic=choice.tactic,
            tariff=choice.tariff(prices or {}),
            timeout_s=choice.options.timeout or timeout_s,
            emit=emit,
            role=role,
            capture=capture,
        )

    @property
    def name(self) -> str:
        return self._name

    @property
    def usage(self) -> Usage:
        return self._caller.usage

    async def propose(self, brief: Brief) -> Proposal:
        """What the model proposes; Unsure with the exact fault when it was not usable twice, or when it says again what
        was tried, however warm it is.

        Raises Transient when the model cannot be had: unreachable, refused key, rate limit, timeout.
        """
        faults: list[Rejected] = []
        while len(faults) < (len(HEATS) if all(isinstance(fault, Repeated) for fault in faults) else 2):
            try:
                return await self._propose(brief, str(faults[-1]) if faults else "", HEATS[len(faults)])
            except Rejected as error:
                faults.append(error)
        often = "twice" if len(faults) == 2 else f"{len(faults)} times"
        why = f"{self.name} gave no usable answer {often}: {faults[-1]}"
        return Unsure(why=why, reason=ClimbReason.MALFORMED)

    async def _propose(self, brief: Brief, fault: str, heat: float) -> Proposal:
        """The proposal by the first way that brings one, which is the way to ask from then on. Plain words, where a
        call or JSON was asked for, are an answer only when the next way brings no more than words either.
        """
        spoken: Answer | None = None
        for way in _ORDER[self.way]:
            try:
                reply = await self._ask(brief, "" if spoken else fault, way, heat)
            except Unsupported:
                continue
            proposal = self._read(reply, brief)
            if not fault and self._tactic is Tactic.PLAN:
                require_settled(proposal, brief)
            if isinstance(proposal, Answer):
                if spoken is not None:
                    return spoken
                if way is not Way.WORDS and not any(call.is_sure for call in calls_of(reply)):
                    spoken = proposal
                    continue
            self.way = Way.SCHEMA if way is Way.CALLS and not reply.tool_calls else way
            return proposal
        raise AssertionError("no provider can refuse to be asked in words")

    async def _ask(self, brief: Brief, fault: str, way: Way, heat: float) -> "AIMessage":
        try:
            return await self._caller.ask(self._question(brief, fault, way, heat))
        except TimedOut:
            if way is Way.CALLS:  # it may have run on without end because it was free to
                self.way = Way.SCHEMA
            raise

    def _question(self, brief: Brief, fault: str, way: Way, heat: float) -> Question:
        prompt = build_prompt(brief, way, tactic=self._tactic, budget=self._budget, fault=fault)
        match way:
            case Way.CALLS:
                return Question(prompt, way, tools=_tools(brief, self._tactic), heat=heat)
            case Way.SCHEMA:
                schema = schema_for(brief, most_steps(self._tactic))
                return Question(prompt, way, schema=schema, heat=heat)
            case Way.WORDS:
                return Question(prompt, way, heat=heat)

    def _read(self, reply: "AIMessage", brief: Brief) -> Proposal:
        words, calls = words_of(reply), calls_of(reply)
        proposal = proposal_of(calls, words, brief) if calls else Answer(text=require_words(words))
        return _first_step(proposal, brief) if self._tactic is Tactic.REACT else proposal


def _tools(brief: Brief, tactic: Tactic) -> tuple[Schema, ...]:
    tools = tools_on_wire(brief.tools, [reading.probe for reading in brief.report.readings])
    return tuple(tool for tool in tools if tactic is Tactic.PLAN or tool["function"]["name"] != SUBMIT_PLAN)


def _first_step(proposal: Proposal, brief: Brief) -> Proposal:
    """The same with one step, which is all that was asked for. Raises Rejected for one that was tried before."""
    if not isinstance(proposal, Plan) or len(proposal.steps) == 1:
        return proposal
    plan = proposal.model_copy(update={"steps": proposal.steps[:1]})
    if plan.key in brief.tried:
        raise Repeated(f"this very step was tried or rejected before: {plan.steps[0]}; do something else")
    return plan
