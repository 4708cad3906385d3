"""Questions to humans in SQLite: each is kept once, and has one answer at most, whatever dies meanwhile."""

import json
import sqlite3
from typing import cast

from prunella.domain.frozen import JsonValue
from prunella.domain.ruling import ApprovalRequest, Decision, Question
from prunella.domain.tool import Prepared
from prunella.errors import Misuse
from prunella.protocols import Approvals, Clock
from prunella.redaction.redactor import Redactor
from prunella.storage.database import reading, transaction
from prunella.storage.journal import fence
from prunella.storage.statements import sql

_SILENCE = "nobody answered in time"
_SHOWN = {
    "touches", "difference", "reversible", "note", "must_ask", "instead", "is_opaque", "written_bytes", "rows",
}  # fmt: skip
_NO_SECRETS = ("run", "id", "world")  # names and digests, which look like secrets


class Answered(Misuse):
    """A question has its one answer already: `question` holds it."""

    code = "answered"

    def __init__(self, question: Question, decision: Decision) -> None:
        said = "yes" if decision.approved else "another plan" if decision.edited else "no"
        why = f" ({decision.reason})" if decision.reason else ""
        super().__init__(
            f"The question of run {question.run} has its answer: {decision.by} said {said}{why}. "
            "There is one answer to one question; `prunella heal` goes on with the run."
        )
        self.question = question


class SqliteApprovals(Approvals):
    """The runs must be written down in the same database (`SqliteRuns`). Each method is one transaction.

    A request is redacted on its way in, and nothing of it changes afterwards; triggers see to that, and to the one
    answer.
    """

    def __init__(self, connection: sqlite3.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    async def ask(self, request: ApprovalRequest, token: int) -> Question:
        """A question that was put before stays as it was then, its time included."""
        with transaction(self._connection):
            fence(self._connection, request.run, token)
            self._connection.execute(sql("approval_ask"), _to_row(request))
            self._deny_expired()
            return self._find(request.run, request.id)

    async def park(self, run: str, token: int) -> None:
        with transaction(self._connection):
            fence(self._connection, run, token)
            self._connection.execute(sql("run_let_go"), {"run": run})

    async def answer(self, run: str, question: str, decision: Decision) -> Question:
        """Raises Answered (a Misuse) for a second answer, also when time gave the first one."""
        with transaction(self._connection):
            self._deny_expired()
        with transaction(self._connection):
            asked = self._find(run, question)
            _must_fit(asked, decision)
            self._write(run, question, decision, self._clock.now())
            return self._find(run, question)

    async def waiting(self) -> tuple[Question, ...]:
        """Those of runs that have ended do not wait any more."""
        self._look_at_the_clock()
        with reading():
            rows = self._connection.execute(sql("approval_waiting")).fetchall()
        return tuple(_to_question(row) for row in rows)

    async def of(self, run: str) -> tuple[Question, ...]:
        """All that this run ever asked, the oldest first."""
        self._look_at_the_clock()
        with reading():
            rows = self._connection.execute(sql("approval_of_run"), {"run": run}).fetchall()
        return tuple(_to_question(row) for row in rows)

    def _look_at_the_clock(self) -> None:
        """Writes only where a question's time is over."""
        with reading():
            expired = self._connection.execute(sql("approval_expired"), {"now": self._clock.now()}).fetchone()
        if expired is not None:
            with transaction(self._connection):
                self._deny_expired()

    def _deny_expired(self) -> None:
        for row in self._connection.execute(sql("approval_expired"), {"now": self._clock.now()}).fetchall():
            silence = Decision(
                approved=False,
                plan=row["plan"],
                by="nobody",
                reason=_SILENCE,
                final=True,
            )
            self._write(row["run"], row["id"], silence, row["expires"])

    def _write(self, run: str, question: str, decision: Decision, at: float) -> None:
        answer = json.dumps(decision.model_dump(mode="json"))
        row = {
            "run": run,
            "id": question,
            "answer": answer,
            "at": at,
            "by": decision.by,
        }
        self._connection.execute(sql("approval_answer"), row)

    def _find(self, run: str, question: str) -> Question:
        row = self._connection.execute(sql("approval_one"), {"run": run, "id": question}).fetchone()
        if row is None:
            raise Misuse(f"Run {run} has no such question. See `prunella approvals`.")
        if row["verdict"] is not None and row["answer"] is None:
            raise Misuse(f"Run {run} has ended ({row['verdict']}); its question needs no answer any more.")
        return _to_question(row)


def _must_fit(question: Question, decision: Decision) -> None:
    if question.answer is not None:
        raise Answered(question, question.answer)
    if decision.plan != question.plan:
        raise Misuse(
            f"Run {question.run} asks about the plan {question.plan}, and the answer is to {decision.plan}. Nothing "
            f"was written down. Look again with `prunella approve {question.run} --show`."
        )


def _to_row(request: ApprovalRequest) -> dict[str, str | float | None]:
    """What undo needs, and what holds true values, stays out: that is for the journal alone."""
    bare = tuple(Prepared.model_validate(each.model_dump(include=_SHOWN)) for each in request.prepared)
    stripped = request.model_copy(update={"prepared": bare}).model_dump(mode="json")
    shown = cast("dict[str, JsonValue]", Redactor().value(stripped)) | {name: stripped[name] for name in _NO_SECRETS}
    return {
        "run": request.run,
        "id": request.id,
        "plan": request.plan.key,
        "request": json.dumps(shown),
        "asked": request.asked,
        "expires": request.expires,
    }


def _to_question(row: sqlite3.Row) -> Question:
    return Question(
        id=row["id"],
        plan=row["plan"],
        request=ApprovalRequest.model_validate(json.loads(row["request"])),
        answer=None if row["answer"] is None else Decision.model_validate(json.loads(row["answer"])),
        answered=row["answered_at"],
    )
