"""`prunella approve`: see what is asked, give the one answer, and go on with the run."""

import asyncio
import json as json_format
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from pydantic import Field, TypeAdapter, ValidationError
from rich.markup import escape

from prunella.cli.approver import how_to_answer, lasting, operator, show_evidence, show_request
from prunella.cli.exits import Exit
from prunella.cli.heal import check_ground, order_of
from prunella.cli.look import shorten, who
from prunella.cli.screen import Screen, note
from prunella.clock import SystemClock
from prunella.domain.plan import Plan, Step
from prunella.domain.ruling import Decision, Question
from prunella.domain.run import RunRecord
from prunella.errors import Misuse, Paused
from prunella.redaction.assignments import REDACTED
from prunella.storage.approvals import SqliteApprovals
from prunella.storage.holder import is_alive
from prunella.storage.pause import PauseFile
from prunella.wiring.records import Records, open_records
from prunella.wiring.settings import Settings
from prunella.workers.paging import as_told
from prunella.workers.pausing import refuse_while_paused

_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(Annotated[tuple[Step, ...], Field(min_length=1)])


@dataclass(frozen=True)
class Reply:
    """What stood on the command line. `plan` is the beginning of the plan's key that is meant ("": the one asked)."""

    deny: bool = False
    final: bool = False
    reason: str = ""
    edit: Path | None = None
    plan: str = ""

    def to(self, question: Question) -> Decision:
        """Raises Misuse for an answer that contradicts itself, or is to another plan."""
        if not question.plan.startswith(self.plan):
            raise Misuse(f"Run {question.run} asks about the plan {question.plan}, not {self.plan}. Look at it again.")
        if self.edit is not None and self.deny:
            raise Misuse("--edit and --deny contradict each other: --edit says which plan is wanted instead.")
        if self.final and not self.deny:
            raise Misuse("--final goes with --deny: no other plan is wanted either.")
        return Decision(
            approved=not self.deny and self.edit is None,
            plan=question.plan,
            by=operator(),
            reason=self.reason,
            final=self.final,
            edited=None if self.edit is None else _edited(question, self.edit),
        )


def show_question(run: str, *, json: bool) -> Exit:
    """Everything that a human has to know, and the answer where there is one."""
    with open_records(Settings.from_environment()) as book:
        record, question = _newest(book, run)
    if json:
        answer = None if question.answer is None else question.answer.model_dump(mode="json")
        print(json_format.dumps(as_told(question) | {"answer": answer}))
    else:
        _show(Screen(), record, question)
    return Exit.DONE


def approve_run(run: str, reply: Reply, *, json: bool) -> Exit:
    """Write the answer down, then go on with the run in this process, to its verdict or its next question."""
    settings = Settings.from_environment()
    with open_records(settings) as book:
        record, question = _newest(book, run)
        order = check_ground(order_of(record, json=json), settings)
        _must_be_let_go(record)
        decision = reply.to(question)
        if not json:
            _show(Screen(), record, question)
        asyncio.run(_approvals(book).answer(record.id, question.id, decision))
        note(f"Written down: {_in_words(decision)}.")
        if _is_paused(book):
            return Exit.PAUSED
    from prunella.cli.running import go_on

    return go_on(order, record.id, settings)


def _approvals(book: Records) -> SqliteApprovals:
    return SqliteApprovals(book.runs.connection, SystemClock())


def _newest(book: Records, run: str) -> tuple[RunRecord, Question]:
    """Raises Misuse for a run that asked nothing."""
    record = asyncio.run(book.runs.get(run))
    asked = asyncio.run(_approvals(book).of(record.id))
    if not asked:
        raise Misuse(f"Run {record.id} asks nothing. See `prunella approvals`.")
    return record, asked[-1]


def _must_be_let_go(record: RunRecord) -> None:
    if record.verdict is not None:
        raise Misuse(f"Run {record.id} has ended ({record.verdict}); its question needs no answer any more.")
    if is_alive(record.holder):
        raise Misuse(f"Run {record.id} is in the hands of process {record.holder}: answer it there.")


def _is_paused(book: Records) -> bool:
    try:
        refuse_while_paused(PauseFile(book.home))
    except Paused as paused:
        note(f"{paused} After that `prunella heal` goes on with the run.")
        return True
    return False


def _in_words(decision: Decision) -> str:
    said = "yes" if decision.approved else "another plan" if decision.edited else "no"
    return f"{said}, by {decision.by}" + (f" ({decision.reason})" if decision.reason else "")


def _show(screen: Screen, record: RunRecord, question: Question) -> None:
    request, now = question.request, time.time()
    screen.say(f"[bold]{escape(record.goal)}[/]  [dim]run {record.id} · {escape(who(record))}[/]")
    show_request(screen, request, record.fleet)
    show_evidence(screen, request, record.fleet)
    screen.say(f"\n  [dim]{'asked':<10}[/] {lasting(now - request.asked)} ago, about the plan {question.plan}")
    for label, text in _standing(record, question, now):
        screen.say(f"  [dim]{label:<10}[/] {escape(shorten(text, record.fleet))}")


def _standing(record: RunRecord, question: Question, now: float) -> Iterator[tuple[str, str]]:
    if question.answer is not None:
        yield "answered", _in_words(question.answer)
    elif record.verdict is not None:
        yield "ended", f"the run is over ({record.verdict}); no answer is needed any more"
    else:
        yield from how_to_answer(question, now)


def _edited(question: Question, path: Path) -> Plan:
    """The plan that is asked about, with the steps that stand in the file. Raises Misuse."""
    steps = _read_steps(path)
    if any(REDACTED in step.key for step in steps):
        raise Misuse(f"{path} holds {REDACTED} where a secret was: write a reference there, such as secret:NAME.")
    edited = question.request.plan.model_copy(update={"steps": steps, "lesson": ""})
    if edited.key == question.plan:
        raise Misuse(f"The steps in {path} are those that are asked about: approve without --edit.")
    return edited


def _read_steps(path: Path) -> tuple[Step, ...]:
    """A list of steps, or a plan with `steps`; JSON or YAML."""
    try:
        return _STEPS.validate_python(_parse(path))
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, ValidationError) as error:
        raise Misuse(f"{path} holds no steps: {error}. Write a list of {{tool, arguments, why}}.") from error


def _parse(path: Path) -> object:
    """What is below `steps`, or all of it."""
    found = _load(path)
    plan = cast("dict[str, object]", found) if isinstance(found, dict) else {"steps": found}
    return plan.get("steps")


def _load(path: Path) -> object:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        return json_format.loads(text)
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe").load(text)
    except YAMLError as error:
        raise ValueError(str(error)) from error
