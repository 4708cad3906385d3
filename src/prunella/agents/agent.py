"""An agent: a role, a brain and tools, set to goals that have a check."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prunella.agents.approvers import Nobody
from prunella.agents.blank import BlankWorld
from prunella.agents.run import Run
from prunella.domain.goal import Goal
from prunella.domain.ruling import Autonomy
from prunella.domain.run import Event, Limits, RunRecord
from prunella.domain.service import PolicySpec
from prunella.errors import Misuse
from prunella.healing.context import Patience
from prunella.protocols import Approver, Brain, Sandbox, Sink, World

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from prunella.healing.context import Context
    from prunella.redaction.redactor import Redactor
    from prunella.silence import Relay
    from prunella.tools.toolbox import Tools
    from prunella.wiring.brains import Roles, Thought
    from prunella.wiring.workshop import Workshop


@dataclass(frozen=True)
class Agent:
    """Reaches goals with its tools, and proves it by their checks or puts everything back.

    `brain` is a model's name (`openai:gpt-5`), a LangChain chat model, a function from a Brief to a proposal, any
    Brain, a list of these as a ladder, cheapest first, or Roles with a ladder for each role. `tools` are made by
    `@tool`, or are LangChain tools; those that run code have to run it in `sandbox` (None: bubblewrap). What asks by
    policy is put to `approver`; without one the answer is no. `home` is where runs are kept; None: PRUNELLA_HOME or the
    user's state folder. `patience` is short, as most checks do not flap: two looks.
    """

    role: str = ""
    goal: str = ""
    backstory: str = ""
    brain: "str | BaseChatModel | Brain | Thought | Sequence[str | BaseChatModel | Brain | Thought] | Roles" = (
        "openai:gpt-5"
    )
    tools: Sequence[object] = ()
    autonomy: Autonomy = Autonomy.AUTO
    approver: Approver | None = None
    limits: Limits = Limits()
    world: World | None = None
    home: Path | None = None
    patience: Patience = Patience(window_s=0.0, same_s=0.0, pause_s=0.02)
    sandbox: Sandbox | None = None

    async def run(self, goal: Goal | str, *, on_event: Callable[[Event], object] | None = None) -> Run:
        """Work on the goal to its verdict. `on_event` hears everything as it happens.

        Raises Misuse, before anything is opened, for a brain, a tool or a goal that is none.
        """
        from prunella.wiring.settings import Settings
        from prunella.wiring.workshop import new_run_id, open_workshop

        settings = Settings.from_environment()
        wanted, means = _goal_of(goal), self._means(settings.environ)
        heard: list[Event] = []
        async with open_workshop(replace(settings, home=self.home or settings.home)) as workshop:
            record = RunRecord(
                id=new_run_id(), goal=wanted.text, brain=means.brain.name, started=workshop.clock.now()
            )  # fmt: skip
            record = await workshop.runs.open(record)
            sinks = [_Told(heard.append), *([_Told(on_event)] if on_event else [])]
            context = self._context(wanted, means, record, workshop, sinks)
            ended = await self._work(record, context, workshop)
            return Run(ended, tuple(heard), await workshop.journal.entries(record.id), wanted)

    def run_sync(self, goal: Goal | str, *, on_event: Callable[[Event], object] | None = None) -> Run:
        """`run` for callers without an event loop."""
        return asyncio.run(self.run(goal, on_event=on_event))

    async def stream(self, goal: Goal | str) -> AsyncGenerator[Event]:
        """The run's events as they happen, node by node; leaving the iteration early puts everything back."""
        from prunella.telemetry.stream import EventStream

        events = EventStream()
        task = asyncio.ensure_future(self.run(goal, on_event=events.emit))
        task.add_done_callback(lambda _: events.close())
        try:
            async for event in events:
                yield event
            await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _means(self, environ: Mapping[str, str]) -> "_Means":
        from prunella.redaction.redactor import Redactor
        from prunella.sandbox.bubblewrap import Bubblewrap
        from prunella.silence import Relay
        from prunella.telemetry.backends import captures_content
        from prunella.tools.langchain import as_tool
        from prunella.tools.toolbox import Tools
        from prunella.wiring.brains import Roles, Study, brain_of
        from prunella.wiring.discreet import Discreet

        relay, redactor, sandbox = Relay(), Redactor(), self.sandbox or Bubblewrap()
        roles = self.brain if isinstance(self.brain, Roles) else Roles(self.brain)
        brain = brain_of(roles, Study(environ, relay, capture=captures_content(environ)))
        tools = [as_tool(each, sandbox) for each in self.tools]
        return _Means(Discreet(brain, redactor), Tools(tools, redacts=redactor), redactor, relay)

    async def _work(self, record: RunRecord, context: "Context", workshop: "Workshop") -> RunRecord:
        from prunella.storage.checkpoints import forget
        from prunella.workers.worker import Worker

        ended = await Worker(workshop.loop, workshop.runs, self.approver or Nobody(), workshop.pause).work(
            record, context
        )
        await forget(workshop.saver, ended.id)
        return ended

    def _context(
        self, goal: Goal, means: "_Means", record: RunRecord, workshop: "Workshop", sinks: Sequence[Sink]
    ) -> "Context":
        from prunella.healing.context import Context
        from prunella.policy.rules import Rules
        from prunella.tools.packs.evidence import EvidencePack
        from prunella.tools.spilling import SpillingTools
        from prunella.tools.toolbox import Tools

        store = workshop.evidence(record.id, means.redactor)
        means.relay.to = workshop.emitter(record.id, means.redactor, sinks).emit
        return Context(
            goal=replace(goal, text=self._in_character(goal.text)),
            world=self.world or BlankWorld(goal.text),
            brain=means.brain,
            tools=SpillingTools(means.tools, store, Tools(EvidencePack(store).tools(), redacts=means.redactor)),
            policy=Rules(_policy_of(self.autonomy), self.autonomy, Path("Agent(autonomy=…)")),
            journal=workshop.journal,
            runs=workshop.runs,
            clock=workshop.clock,
            emit=means.relay,
            spending=workshop.spending,
            lessons=workshop.lessons(means.redactor),
            evidence=store,
            attended=self.approver is not None,
            token=record.token,
            since=workshop.clock.now(),
            limits=self.limits,
            patience=self.patience,
        )

    def _in_character(self, text: str) -> str:
        character = [f"You are {self.role}." if self.role else "", self.backstory, self.goal]
        return "\n".join([*(line for line in character if line), text])


def _policy_of(autonomy: Autonomy) -> PolicySpec:
    """The limits of the run are all the limits that there are."""
    return PolicySpec(autonomy=autonomy, max_changes_per_hour=None, max_services=None, max_bytes=None, max_rows=None)


@dataclass(frozen=True)
class _Means:
    """What of an agent can be wrong, found right."""

    brain: Brain
    tools: "Tools"
    redactor: "Redactor"
    relay: "Relay"


def _goal_of(given: object) -> Goal:
    if isinstance(given, Goal):
        return given
    if isinstance(given, str) and given.strip():
        return Goal(given)
    raise Misuse(f"{given!r} is no goal: give a Goal, or the words for one.")


@dataclass(frozen=True)
class _Told:
    """A function as a sink."""

    tell: Callable[[Event], Any]

    def emit(self, event: Event) -> None:
        self.tell(event)
