"""The pack inside the loop: what is asked, what is put back."""

from pathlib import Path

from prunella import Agent, Brief, Goal, Plan, Step, Verdict
from prunella.tools.packs.sql import SqlPack
from tests.tools.packs.sql_places import Place, contents


def agent_that(place: Place, home: Path, *statements: str) -> Agent:
    """Tries one statement after the other, on its own authority."""

    def brain(brief: Brief) -> Plan:
        sql = statements[min(len(brief.attempts), len(statements) - 1)]
        return Plan(cause="rows", steps=(Step(tool="sql.execute", arguments={"sql": sql}),))

    return Agent(brain=brain, tools=SqlPack(place.url, writable=True).tools(), home=home)


async def test_a_grave_change_is_not_made_where_nobody_is_asked(place: Place, tmp_path: Path) -> None:
    before = contents(place)
    for sql in ("DELETE FROM lines", "DROP TABLE visits", "UPDATE visits SET seconds = 0 WHERE page = '/'"):
        run = await agent_that(place, tmp_path / "home", sql).run(Goal("Less.", check=lambda: False))
        assert (run.verdict, run.entries) == (Verdict.ESCALATED, ())
    assert contents(place) == before


async def test_a_wrong_change_is_put_back_before_the_right_one(place: Place, tmp_path: Path) -> None:
    def is_right() -> bool:
        return place.rows("SELECT number FROM seats ORDER BY id") == [(11,), (20,)]

    wrong, right = ("UPDATE seats SET number = 21 WHERE id = 2", "UPDATE seats SET number = 11 WHERE id = 1")
    run = await agent_that(place, tmp_path / "home", wrong, right).run(Goal("11.", check=is_right))
    assert run.verdict is Verdict.ACHIEVED
    assert is_right()
    assert [entry.prepared.difference for entry in run.entries] == [
        "seats: 1 row: number 20 → 21", "seats: 1 row: number 10 → 11",
    ]  # fmt: skip
