"""Memory and evidence that fail, whatever they raise, never end a heal."""

from prunella.domain.evidence import Evidence, EvidenceKind, Findings, Snippet, Spill
from prunella.domain.goal import Goal
from prunella.domain.lesson import Lesson, Trouble
from prunella.domain.report import Report
from prunella.domain.run import Verdict
from tests.laws.shop_floor import Floor, plan, setting
from tests.laws.trial import Trial

PUT_AWAY = Evidence(kind=EvidenceKind.LOG, source="log", text="a preview", handle="ev-1")


class BrokenLessons:
    """A Lessons whose shelf has collapsed."""

    async def find(self, trouble: Trouble, most: int = 5) -> tuple[Lesson, ...]:
        raise ValueError("a vector of another length")

    async def learn(self, lesson: Lesson) -> Lesson:
        raise ValueError("a vector of another length")

    async def relapse(self, lesson: str, run: str) -> None:
        raise ValueError("a vector of another length")


class BrokenStore:
    """An EvidenceStore whose folder is gone."""

    @property
    def handles(self) -> tuple[str, ...]:
        return ()

    async def keep(self, source: str, text: str) -> Spill:
        raise OSError("gone")

    async def search(self, handle: str, query: str, most: int = 5) -> tuple[Snippet, ...]:
        raise OSError("gone")

    async def focus(self, handle: str, query: str, budget_chars: int = 2500) -> str:
        raise OSError("gone")

    async def read(self, handle: str, first_line: int, lines: int = 100) -> Snippet:
        raise OSError("gone")


class Talkative(Floor):
    """A floor that has something to look into."""

    async def investigate(self, report: Report) -> Findings:
        return Findings(evidence=(PUT_AWAY,))


async def test_a_heal_goes_on_without_its_memory() -> None:
    floor = Talkative()
    trial = Trial(floor, floor.tools(), Goal("Tea.", check=floor.costs(tea=7)), (plan(setting("tea", 7)),))
    trial.lessons, trial.evidence = BrokenLessons(), BrokenStore()
    record = await trial.live()
    assert (record.verdict, floor.prices["tea"]) == (Verdict.ACHIEVED, 7)
