"""Every seam of the system, at most four methods each. Read this, then `healing/graph.py`."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from prunella.domain.brief import Brief
from prunella.domain.evidence import Evidence, Findings, Observation, Snippet, Spill
from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Entry, Outcome
from prunella.domain.lesson import Lesson, Trouble
from prunella.domain.pause import Pause
from prunella.domain.plan import Plan, Proposal, Step
from prunella.domain.posture import Posture
from prunella.domain.rehearsal import CauseShown, Rehearsed
from prunella.domain.report import Reading, Report
from prunella.domain.ruling import ApprovalRequest, Decision, Question, Ruling, Scope
from prunella.domain.run import Event, EventKind, RunRecord, Spent
from prunella.domain.sandbox import Job, JobResult
from prunella.domain.setting import Setting
from prunella.domain.supervisor import ServiceStatus
from prunella.domain.tool import Prepared, ToolSpec
from prunella.domain.usage import Usage


class Clock(Protocol):
    """Time, so that tests can own it."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...

    async def sleep(self, seconds: float) -> None: ...


class Brain(Protocol):
    """Turns a brief into a proposal. It touches nothing; being wrong is allowed, pretending is not."""

    @property
    def name(self) -> str:
        """As the operator would write it: `reflex`, `openai:gpt-5`."""
        ...

    @property
    def usage(self) -> Usage:
        """What it has spent since it was made; nothing for one without a model."""
        ...

    async def propose(self, brief: Brief) -> Proposal: ...


class Tool(Protocol):
    """A deed that can be undone, or says that it cannot. Arguments were validated before any of these is called."""

    @property
    def spec(self) -> ToolSpec: ...

    async def before(self, arguments: Mapping[str, JsonValue]) -> Prepared:
        """What the call would touch and what undo will need; touches nothing. Raises Rejected when impossible."""
        ...

    async def run(self, arguments: Mapping[str, JsonValue]) -> JsonValue:
        """The effect. Its result was validated against the output contract."""
        ...

    async def undo(self, before: JsonValue) -> None:
        """Put back what `before` recorded; idempotent. Raises Irrecoverable (Conflict if somebody else changed it)."""
        ...

    async def applied(self, arguments: Mapping[str, JsonValue], before: JsonValue) -> bool | None:
        """After a crash: did the effect take place? None: cannot be told."""
        ...


class Toolbox(Protocol):
    """All tools of a run, by name. Nothing here raises for what a brain invented."""

    @property
    def specs(self) -> tuple[ToolSpec, ...]: ...

    def find(self, step: Step) -> "Tool | Observation":
        """The tool with arguments that fit it, or the observation that says what is wrong and what is nearest."""
        ...

    async def call(self, step: Step) -> Observation:
        """Run it under its guards; every error comes back as an observation."""
        ...


class World(Protocol):
    """What the goal is about. The loop asks it four things and knows nothing else of it."""

    async def investigate(self, report: Report) -> Findings:
        """What can be seen around the failing readings; reads only."""
        ...

    async def trouble(self, report: Report, evidence: tuple[Evidence, ...]) -> Trouble:
        """What is wrong, in a form that can be met again on another day."""
        ...

    async def survey(self) -> Mapping[str, str]:
        """Resource name → digest of everything that a run may change or must leave alone."""
        ...

    async def remember_good(self) -> None:
        """All is green: keep what it looks like, to compare with on a worse day."""
        ...


class Policy(Protocol):
    """Says what may be done without asking; pure."""

    def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling: ...

    def rule_plan(self, scope: Scope) -> Ruling:
        """Of the plan as a whole: how far it reaches, and when."""
        ...


class Provenance(Protocol):
    """Where a step's values come from: looked up at each call, never believed."""

    async def rule(self, step: Step, spec: ToolSpec, prepared: Prepared) -> Ruling:
        """Asks for what nothing but the world's own text vouches for; allows what is vouched for, or harmless."""
        ...


class Security(Protocol):
    """How well things are guarded right now; reads only."""

    async def posture(self) -> Posture: ...


class Rehearsal(Protocol):
    """A shadow of the world, where plans do no harm. Every failure to make one is a trial with `ok` None."""

    async def rehearse(self, plan: Plan, prepared: tuple[Prepared, ...]) -> Rehearsed:
        """Carry the whole plan out on a fresh shadow, and try what it leads to."""
        ...

    async def show_cause(self, entries: tuple[Entry, ...]) -> CauseShown:
        """On a shadow: with these effects put back it fails, with them it passes; and which of them it takes."""
        ...


class Approver(Protocol):
    """A human, or whoever stands in. Silence and failure are a no."""

    async def decide(self, request: ApprovalRequest) -> Decision: ...


class Approvals(Protocol):
    """The book of questions to humans, each with one answer at most. All of it is on the disk when a call returns.

    Whoever looks finds that a question past its time has been denied.
    """

    async def ask(self, request: ApprovalRequest, token: int) -> Question:
        """Write the question down, or find it as it was written down before. Raises Lost."""
        ...

    async def park(self, run: str, token: int) -> None:
        """Let go of a run that waits; it keeps its services. Raises Lost."""
        ...

    async def answer(self, run: str, question: str, decision: Decision) -> Question:
        """Write down the one answer. Raises Misuse for a second one, and for one to another plan."""
        ...

    async def waiting(self) -> tuple[Question, ...]:
        """All that wait for an answer, the oldest first."""
        ...


class PauseSwitch(Protocol):
    """Tells all agents, in whatever process, to stand still."""

    def pause(self) -> Pause | None:
        """None: go on. Costs next to nothing, so that it may be asked many times a second."""
        ...


class Journal(Protocol):
    """The append-only record of effects. Every write is on the disk when the call returns; raises Lost when the
    token is not the newest lease of the run.
    """

    async def intend(self, run: str, token: int, plan: Plan, step: Step, prepared: Prepared) -> Entry: ...

    async def settle(self, entry: Entry, token: int, outcome: Outcome, observation: Observation | None) -> Entry: ...

    async def entries(self, run: str) -> tuple[Entry, ...]:
        """All effects of a run with the last word on each, oldest first."""
        ...

    async def changes_since(self, fleet: str, since: float) -> int:
        """How many effects were applied in this fleet since that time, in all runs."""
        ...


class Runs(Protocol):
    """The book of runs and who holds which service."""

    async def open(self, record: RunRecord) -> RunRecord:
        """Take all services of the record, in sorted order, and write it down with its token. Raises Busy."""
        ...

    async def take(self, run: str, token: int, services: tuple[str, ...]) -> None:
        """Take further services for a run. Raises Busy or Lost; takes none then."""
        ...

    async def close(self, record: RunRecord) -> None:
        """Write the verdict and let the services go."""
        ...

    async def list(self) -> tuple[RunRecord, ...]:
        """Newest first."""
        ...


class Sink(Protocol):
    """Takes events: a terminal, a file, a stream. Must not raise, must not block for long."""

    def emit(self, event: Event) -> None: ...


class Emit(Protocol):
    """Tells the timeline. `text` is one line for people, `data` is for machines."""

    def __call__(self, kind: EventKind, node: str, text: str, /, **data: JsonValue) -> None: ...


class Spending(Protocol):
    """What runs have spent, kept across restarts."""

    async def note(self, run: str, spent: Spent) -> None:
        """The run's whole spending so far; replaces what was noted before."""
        ...

    async def since(self, fleet: str, since: float) -> Spent:
        """The sum over all runs of the fleet that went on after that time."""
        ...


class EvidenceStore(Protocol):
    """Large texts of one run, out of the way until somebody asks; gone with the run."""

    @property
    def handles(self) -> tuple[str, ...]:
        """Of all texts that are kept."""
        ...

    async def keep(self, source: str, text: str) -> Spill:
        """Put it away under a handle; the same text has the same handle."""
        ...

    async def search(self, handle: str, query: str, most: int = 5) -> tuple[Snippet, ...]:
        """The lines around the best matches, best first. Raises Rejected for an unknown handle, with the known."""
        ...

    async def focus(self, handle: str, query: str, budget_chars: int = 2500) -> str:
        """Head, tail and the lines that answer the query best, with their numbers, in at most that many characters."""
        ...

    async def read(self, handle: str, first_line: int, lines: int = 100) -> Snippet:
        """Lines from `first_line` (from 1). Raises Rejected for an unknown handle or a line past the end."""
        ...


class Lessons(Protocol):
    """What healed before."""

    async def find(self, trouble: Trouble, most: int = 5) -> tuple[Lesson, ...]:
        """Those that fit, best first: the same trouble, then what is near it in meaning; none void or expired."""
        ...

    async def learn(self, lesson: Lesson) -> Lesson:
        """Keep it, or count one more heal of the one that says the same; promotes it when it has earned that."""
        ...

    async def relapse(self, lesson: str, run: str) -> None:
        """In this run it did not help, or turned out not to have lasted: demotes it, once a run."""
        ...


class Sandbox(Protocol):
    """Runs code that nobody vouches for. Raises Misuse where it cannot isolate; never runs it unsandboxed."""

    async def run(self, job: Job) -> JobResult: ...


class ProvenSandbox(Sandbox, Protocol):
    """A sandbox that was tried on this machine, or says why it cannot be."""

    async def ready(self) -> object:
        """What isolates; its text is for people. Tried once. Raises Misuse that says what is missing."""
        ...


class Probe(Protocol):
    """One look at one thing, never longer than its timeout; every failure is a reading."""

    async def look(self) -> Reading: ...


class Supervisor(Protocol):
    """Starts and stops one service. All are idempotent and wait for the outcome, within the declared timeout."""

    async def status(self) -> ServiceStatus: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def restart(self) -> None: ...


@runtime_checkable
class Rereading(Protocol):
    """A supervisor that knows which configuration its service runs on, and wants to be told of a reload."""

    async def note_reload(self, config: str) -> None:
        """The running service has read the configuration of that digest again, without a stop."""
        ...


class ConfigEditor(Protocol):
    """Reads and changes one format; every byte that is not the setting's own stays as it was.

    Texts are without a BOM and keep their line endings. All raise Unparsable for a text that is not of the format.
    """

    def settings(self, text: str) -> tuple[Setting, ...]: ...

    def set(self, text: str, key: str, value: str) -> str:
        """Change or add one setting. Raises Rejected when the key's parent cannot be made."""
        ...

    def remove(self, text: str, key: str) -> str:
        """Raises Rejected when it is not there."""
        ...
