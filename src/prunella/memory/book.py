"""The book of lessons: keeps what was proved, and finds what fits."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from prunella.domain.lesson import Lesson, Standing, Trouble
from prunella.errors import Rejected
from prunella.memory.learning import Redacts, holds_secret, identified
from prunella.memory.standing import Trust, fits, is_expired, is_same, is_void, relapsed
from prunella.protocols import Clock, Lessons
from prunella.redaction.redactor import Redactor
from prunella.retrieval.model import MiniLm, load_model
from prunella.retrieval.searcher import Searcher

_LEAST_COSINE, _LEAST_OVERLAP = 0.4, 0.2
_MOST_COMPARED = 500
_WORD = re.compile(r"[^\W\d_]{4,}")


class LessonRows(Protocol):
    """Where lessons lie. Every call is one transaction, and what it wrote is on the disk when it returns."""

    async def of(self, fleet: str) -> tuple[Lesson, ...]:
        """All lessons of a fleet, those used last first."""
        ...

    async def change(self, lesson: str, become: Callable[[Lesson | None], Lesson | None]) -> Lesson | None:
        """Replace one by what `become` makes of it, while no other process writes; None: there is none."""
        ...

    async def vectors(self, model: str) -> Mapping[str, bytes]:
        """The vectors that this model made, by lesson."""
        ...

    async def keep_vectors(self, model: str, vectors: Mapping[str, bytes]) -> None: ...


class LessonBook(Lessons):
    """Lessons of many fleets; one fleet never learns of another's. Processes may share the rows.

    `load` gives the model that compares by meaning, None where there is none: then words are compared.
    """

    def __init__(
        self,
        rows: LessonRows,
        clock: Clock,
        *,
        trust: Trust | None = None,
        redacts: Redacts | None = None,
        load: Callable[[], MiniLm | None] = load_model,
    ) -> None:
        self._rows, self._clock, self._load = rows, clock, load
        self._trust, self._redacts = trust or Trust(), redacts or Redactor()

    async def find(self, trouble: Trouble, most: int = 5) -> tuple[Lesson, ...]:
        now, known = self._clock.now(), await self._rows.of(trouble.fleet)
        alive = [each for each in known if not is_expired(each, now) and not is_void(each, trouble)]
        same = sorted((each for each in alive if fits(each, trouble)), key=_merit, reverse=True)
        if len(same) >= most:
            return tuple(same[:most])
        others = [each for each in alive if not is_same(each.trouble, trouble)][:_MOST_COMPARED]
        return (*same, *await self._near(trouble, others, most - len(same)))

    async def learn(self, lesson: Lesson) -> Lesson:
        """Same trouble and same steps: the same lesson, whatever id it comes with. Also forgets what has expired.

        Raises Rejected for steps that carry a secret in plain text.
        """
        lesson = self._discreet(identified(lesson))
        if holds_secret(lesson.steps, self._redacts):
            raise Rejected("The repair carries a secret in plain text, so it is not kept. Use `secret:NAME` for it.")
        kept = await self._rows.change(lesson.id, lambda known: self._proved(known, lesson))
        await self._forget_expired(lesson.trouble.fleet)
        return kept or lesson

    async def relapse(self, lesson: str, run: str) -> None:
        """One that is unknown by now stays so."""
        await self._rows.change(lesson, lambda known: known and relapsed(known, run))

    def _discreet(self, lesson: Lesson) -> Lesson:
        """Without the secrets that errors and causes quote."""
        trouble = lesson.trouble.model_copy(update={"text": str(self._redacts.value(lesson.trouble.text))})
        return lesson.model_copy(update={"cause": str(self._redacts.value(lesson.cause)), "trouble": trouble})

    def _proved(self, known: Lesson | None, lesson: Lesson) -> Lesson:
        return self._trust.again(known, lesson) if known else self._trust.first(lesson)

    async def _forget_expired(self, fleet: str) -> None:
        now = self._clock.now()
        for each in await self._rows.of(fleet):
            if is_expired(each, now):
                await self._rows.change(each.id, lambda known: None if known and is_expired(known, now) else known)

    async def _near(self, trouble: Trouble, lessons: Sequence[Lesson], most: int) -> tuple[Lesson, ...]:
        """Those of other troubles that are near this one in meaning, nearest first."""
        if not lessons:
            return ()
        model = await asyncio.to_thread(self._load)
        if model is None:
            return _near_in_words(trouble, lessons, most)
        known = await self._rows.vectors(model.name)
        new = {each.id: each for each in lessons if each.id not in known}
        made = await asyncio.to_thread(model.embed, [_text(each) for each in new.values()])
        fresh = dict(zip(new, made, strict=True))
        if fresh:
            await self._rows.keep_vectors(model.name, fresh)
        return await asyncio.to_thread(_near_in_meaning, model, trouble, lessons, {**known, **fresh}, most)


def _merit(lesson: Lesson) -> tuple[bool, int, float]:
    """Runbooks first, then what held most often, then what was used last."""
    return (lesson.standing is Standing.RUNBOOK, lesson.healed - lesson.relapses, lesson.used)


def _text(lesson: Lesson) -> str:
    return f"{lesson.trouble.text}\n{lesson.cause}"


def _near_in_meaning(
    model: MiniLm, trouble: Trouble, lessons: Iterable[Lesson], vectors: Mapping[str, bytes], most: int
) -> tuple[Lesson, ...]:
    by_id = {each.id: each for each in lessons}
    with Searcher(model) as searcher:
        for each in by_id.values():
            searcher.add(each.id, _text(each), vectors[each.id])
        hits = searcher.search(trouble.text, most)
    return tuple(by_id[hit.key] for hit in hits if hit.score >= _LEAST_COSINE)


def _near_in_words(trouble: Trouble, lessons: Iterable[Lesson], most: int) -> tuple[Lesson, ...]:
    shared = [(_overlap(trouble.text, _text(each)), each) for each in lessons]
    near = sorted((pair for pair in shared if pair[0] >= _LEAST_OVERLAP), key=lambda pair: -pair[0])
    return tuple(each for _, each in near[:most])


def _overlap(text: str, other: str) -> float:
    """The share, 0 to 1, of the words of `text` that `other` has too."""
    words, others = ({word.casefold() for word in _WORD.findall(each)} for each in (text, other))
    return len(words & others) / len(words) if words else 0.0
