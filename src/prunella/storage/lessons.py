"""Lessons in SQLite: read, replaced and forgotten one at a time, by as many processes as there are."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress

from pydantic import ValidationError

from prunella.domain.lesson import Lesson
from prunella.sealing import Sealer, opened
from prunella.storage.database import reading, transaction
from prunella.storage.statements import sql
from prunella.storage.written import to_json


class SqliteLessons:
    """The methods block the loop for a few milliseconds: one transaction each.

    A row that this version cannot read is as good as none: it costs a lesson, never a repair. With a `sealer` lessons
    are sealed, all but their vectors; all methods raise Misuse where the key of one is missing.
    """

    def __init__(self, connection: sqlite3.Connection, sealer: Sealer | None = None) -> None:
        self._connection, self._sealer = connection, sealer

    async def of(self, fleet: str | None = None) -> tuple[Lesson, ...]:
        """All lessons of a fleet, None for every fleet; those used last first."""
        with reading():
            rows = self._connection.execute(sql("lesson_list"), {"fleet": fleet}).fetchall()
        read = (self._to_lesson(row) for row in rows)
        return tuple(lesson for lesson in read if lesson is not None)

    async def change(self, lesson: str, become: Callable[[Lesson | None], Lesson | None]) -> Lesson | None:
        """Replace one by what `become` makes of it, while no other process writes; None: there is none (any more)."""
        with transaction(self._connection):
            row = self._connection.execute(sql("lesson_by_id"), {"id": lesson}).fetchone()
            new = become(None if row is None else self._to_lesson(row))
            if new is None:
                self._connection.execute(sql("lesson_forget"), {"id": lesson})
            else:
                self._connection.execute(sql("lesson_put"), self._to_row(lesson, new))
        return new

    async def vectors(self, model: str) -> Mapping[str, bytes]:
        """The vectors that this model made, by lesson."""
        with reading():
            rows = self._connection.execute(sql("lesson_vectors"), {"model": model}).fetchall()
        return {str(row["lesson"]): bytes(row["vector"]) for row in rows}

    async def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None:
        """Those of lessons that are forgotten by now are left out."""
        with transaction(self._connection):
            for lesson, vector in vectors.items():
                values = {"id": lesson, "model": model, "vector": vector}
                self._connection.execute(sql("lesson_vector_put"), values)

    def _to_row(self, key: str, lesson: Lesson) -> dict[str, str | float | bytes]:
        whole = to_json(lesson)
        stored = self._sealer.seal(whole.encode("ascii"), _place(key)) if self._sealer else whole
        return {"id": key, "fleet": lesson.trouble.fleet, "used": lesson.used, "lesson": stored}

    def _to_lesson(self, row: sqlite3.Row) -> Lesson | None:
        stored = row["lesson"]
        if isinstance(stored, bytes):
            stored = opened(self._sealer, stored, _place(row["id"]))
        with suppress(ValidationError, ValueError):
            return Lesson.model_validate(json.loads(stored))
        return None


def _place(key: str) -> str:
    return f"The lesson {key}"
