"""An agent: a role, a brain and tools, set to goals that have a check."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
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
from prunella.healing.context import Patience
from prunella.protocols import Approver, Brain, Sink, World

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from prunella.healing.context import Context
    from prunella.wiring.workshop import Workshop


@dataclass(frozen=True)
class Agent:
    """Reaches goals with its tools, and proves it by their checks or puts everything back.

    `brain` is a model's name (`openai:gpt-5`), a LangChain chat model, or any Brain. `tools` are made by `@tool`, or
    are LangChain tools. What asks by policy is put to `approver`; without one the answer is no. `home` is where runs
    are kept; None: PRUNELLA_HOME or the user's state folder. `patience` is short, as most checks do not flap: two looks.
    """

    role: str = ""
    goal: str = ""
    backstory: str = ""
    brain: "str | BaseChatModel | Brain" = "openai:gpt-5"
    tools: Sequence[object] = ()
    autonomy: Autonomy = Autonomy.AUTO
    approver: Approver | None = None
    limits: Limits = Limits()
    world: World | None = None
    home: Path | None = None
    patience: Patience = Patience(window_s=0.0, same_s=0.0, pause_s=0.02)

    async def run(self, goal: Goal | str, *, on_event: Callable[[Event], object] | None = None) -> Run:
        """Work on the goal to its verdict. `on_event` hears everything as it happens."""
        from prunella.wiring.settings import Settings
        from prunella.wiring.workshop import new_run_id, open_workshop

        wanted = Goal(goal) if isinstance(goal, str) else goal
        settings = Settings.from_environment()
        heard: list[Event] = []
        async with open_workshop(replace(settings, home=self.home or settings.home)) as workshop:
            record = RunRecord(id=new_run_id(), goal=wanted.text, started=workshop.clock.now())
            record = await workshop.runs.open(record)
            sinks = [_Told(heard.append), *([_Told(on_event)] if on_event else [])]
            ended = await self._work(wanted, record, workshop, sinks)
            return Run(ended, tuple(heard), await workshop.journal.entries(record.id))

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

    async def _work(self, goal: Goal, record: RunRecord, workshop: "Workshop", sinks: Sequence[Sink]) -> RunRecord:
        from prunella.workers.worker import Worker

        worker = Worker(workshop.loop, workshop.runs, self.approver or Nobody())
        return await worker.work(record, self._context(goal, record, workshop, sinks))

    def _context(self, goal: Goal, record: RunRecord, workshop: "Workshop", sinks: Sequence[Sink]) -> "Context":
        from prunella.healing.context import Context
        from prunella.policy.rules import Rules
        from prunella.redaction.redactor import Redactor
        from prunella.storage.events import EventFile
        from prunella.telemetry.emitter import Emitter
        from prunella.tools.langchain import as_tool
        from prunella.tools.toolbox import Tools
        from prunella.wiring.brains import as_brain

        redactor = Redactor()
        emitter = Emitter(record.id, workshop.clock, [EventFile(workshop.home, record.id), *sinks], redactor)
        return Context(
            goal=replace(goal, text=self._in_character(goal.text)),
            world=self.world or BlankWorld(),
            brain=as_brain(self.brain, workshop.settings.environ),
            tools=Tools([as_tool(each) for each in self.tools], redacts=redactor),
            policy=Rules(PolicySpec(autonomy=self.autonomy), self.autonomy, Path("Agent(autonomy=…)")),
            journal=workshop.journal,
            runs=workshop.runs,
            clock=workshop.clock,
            emit=emitter.emit,
            token=record.token,
            since=workshop.clock.now(),
            limits=self.limits,
            patience=self.patience,
            changes_per_hour=self.limits.steps,
        )

    def _in_character(self, text: str) -> str:
        character = [f"You are {self.role}." if self.role else "", self.backstory, self.goal]
        return "\n".join([*(line for line in character if line), text])


@dataclass(frozen=True)
class _Told:
    """A function as a sink."""

    tell: Callable[[Event], Any]

    def emit(self, event: Event) -> None:
        self.tell(event)
