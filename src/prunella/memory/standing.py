"""How far a lesson is trusted: promoted by heals in a row, demoted by a relapse, void in another shape, and mortal."""

from dataclasses import dataclass

from prunella.domain.lesson import Lesson, Standing, Trouble

_DAY_S = 86_400.0


@dataclass(frozen=True)
class Trust:
    """`heals` proved in a row, with no relapse between them, make a runbook, and so does one whose cause was
    demonstrated, as long as it has not relapsed; a lesson lives `days` from its last.
    """

    heals: int = 2
    days: float = 90.0

    def first(self, lesson: Lesson) -> Lesson:
        """`lesson` as one that was proved for the first time, at `lesson.used`."""
        new = {"healed": 1, "relapses": 0, "streak": 1, "learned": lesson.used, "last_run": lesson.run}
        return self._weighed(lesson.model_copy(update=new))

    def again(self, known: Lesson, proved: Lesson) -> Lesson:
        """`known`, proved once more by the run of `proved`; a run counts once.

        Heals in another shape, or before it expired, count for nothing any more.
        """
        if proved.run in {known.run, known.last_run}:
            return known
        holds = known.trouble.shape == proved.trouble.shape and not is_expired(known, proved.used)
        change = {
            "trouble": known.trouble.model_copy(update={"shape": proved.trouble.shape}),
            "healed": known.healed + 1,
            "streak": known.streak + 1 if holds else 1,
            "used": max(known.used, proved.used),
            "last_run": proved.run,
            "left": proved.left,
            "demonstrated": known.demonstrated or proved.demonstrated,
        }
        return self._weighed(known.model_copy(update=change))

    def _weighed(self, lesson: Lesson) -> Lesson:
        is_trusted = lesson.streak >= self.heals or (lesson.demonstrated and not lesson.relapses)
        standing = Standing.RUNBOOK if is_trusted else Standing.LESSON
        return lesson.model_copy(update={"standing": standing, "expires": lesson.used + self.days * _DAY_S})


def relapsed(lesson: Lesson, run: str) -> Lesson | None:
    """In `run` it did not help, or had not helped for long: a runbook is a lesson again, and has to earn its promotion
    anew. A run counts once.

    None for a lesson that has failed more often than it healed: it is forgotten.
    """
    if lesson.doubted_in == run:
        return lesson
    relapses = lesson.relapses + 1
    if lesson.standing is Standing.LESSON and relapses > lesson.healed:
        return None
    return lesson.model_copy(update={"standing": Standing.LESSON, "relapses": relapses, "streak": 0, "doubted_in": run})


def is_expired(lesson: Lesson, now: float) -> bool:
    return now >= lesson.expires


def is_same(trouble: Trouble, other: Trouble) -> bool:
    """The same symptoms of the same services; the shape of their configuration may have changed."""
    return _who(trouble) == _who(other) and trouble.fingerprint == other.fingerprint


def is_void(lesson: Lesson, trouble: Trouble) -> bool:
    """The services are the same, and their configuration has another shape than when the lesson was proved."""
    return _who(lesson.trouble) == _who(trouble) and lesson.trouble.shape != trouble.shape


def fits(lesson: Lesson, trouble: Trouble) -> bool:
    """It was proved on this very trouble, in this shape."""
    return is_same(lesson.trouble, trouble) and not is_void(lesson, trouble)


def _who(trouble: Trouble) -> tuple[str, tuple[str, ...]]:
    return trouble.fleet, trouble.services
