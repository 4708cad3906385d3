"""Sub-goals, constraints and answers together: nothing of one stage is believed in another."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from prunella import Goal, Limits, Objective, Report, Verdict
from prunella.domain.brief import Brief
from prunella.domain.plan import Answer, Plan, Proposal, Step, Unsure
from tests.healing.shelf import Shelf, setting

DONE = Answer(text="done, trust me")


async def test_words_for_a_sub_goal_that_nothing_checks_end_that_sub_goal_only(tmp_path: Path) -> None:
    shelf = Shelf()
    goal = Goal("Tea costs 5.", check=shelf.costs("tea", 5), subgoals=(Goal("Look around first."),))
    run = await shelf.agent(tmp_path, DONE, Unsure(why="no idea")).run(goal)
    assert run.verdict is Verdict.ESCALATED
    assert (await shelf.agent(tmp_path, DONE, setting("tea", 5)).run(goal)).verdict is Verdict.ACHIEVED


async def test_the_answer_to_a_sub_goal_is_none_to_the_next_and_a_wrong_repair_is_put_back(tmp_path: Path) -> None:
    shelf = Shelf()
    first = Goal("How much is tea?", check=lambda said: said == "3")
    goal = Goal("Tea costs 5.", check=shelf.costs("tea", 5), subgoals=(first,))
    run = await shelf.agent(tmp_path, Answer(text="3"), setting("milk", 9), setting("tea", 5)).run(goal)
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.prices == {"tea": 5, "milk": 2}
    second = Goal("How much is milk?", check=lambda said: said in {"2", "3"}, subgoals=(first,))
    run = await shelf.agent(tmp_path, Answer(text="3"), Answer(text="2")).run(second)
    assert (run.verdict, run.output) == (Verdict.ACHIEVED, "2")


def dear(shelf: Shelf, name: str, most: int) -> Callable[[], bool]:
    def is_cheap() -> bool:
        return shelf.prices[name] <= most

    return is_cheap


async def test_a_constraint_holds_without_a_check_ahead_of_an_answer_and_in_a_sub_goal(tmp_path: Path) -> None:
    shelf = Shelf()
    cheap = dear(shelf, "milk", 3)
    run = await shelf.agent(tmp_path, setting("milk", 9)).run(Goal("Do something.", constraints=(cheap,)))
    assert shelf.prices["milk"] == 2, run.explain()
    wanted = Goal("How much is tea?", check=lambda said: said == "3", constraints=(cheap,))
    run = await shelf.agent(tmp_path, setting("milk", 9), Answer(text="3")).run(wanted)
    assert (run.verdict, shelf.prices["milk"]) == (Verdict.ACHIEVED, 2)
    stage = Goal("Milk costs 9.", check=shelf.costs("milk", 9), constraints=(cheap,))
    goal = Goal("Tea costs 3.", check=shelf.costs("tea", 3), subgoals=(stage,))
    run = await shelf.agent(tmp_path, setting("milk", 9)).run(goal)
    assert (run.verdict, shelf.prices["milk"]) == (Verdict.ESCALATED, 2)


async def test_an_improvement_that_is_refused_is_neither_told_nor_learned(tmp_path: Path) -> None:
    shelf = Shelf()
    wiped = Plan(cause="WIPE IT", steps=(Step(tool="burn_shelf"),))
    goal = Goal(
        "Tea costs at most 9.", check=dear(shelf, "tea", 2), objective=Objective("tea", lambda: shelf.prices["tea"])
    )
    run = await shelf.agent(tmp_path, setting("tea", 2, "too dear"), wiped, wiped, wiped).run(goal)
    assert (run.verdict, run.summary) == (Verdict.ACHIEVED, "too dear")


async def test_an_objective_that_cannot_be_measured_takes_nothing_back(tmp_path: Path) -> None:
    shelf = Shelf()

    def measure() -> float:
        raise OSError("the scales are broken")

    goal = Goal("Tea costs 5.", check=shelf.costs("tea", 5), objective=Objective("weight", measure))
    run = await shelf.agent(tmp_path, setting("tea", 5)).run(goal)
    assert (run.verdict, shelf.prices["tea"]) == (Verdict.ACHIEVED, 5)


async def test_the_time_that_a_brain_takes_counts(tmp_path: Path) -> None:
    shelf = Shelf()

    async def slow(brief: Brief) -> Proposal:
        await asyncio.sleep(0.15)
        return setting("milk", 10 + len(brief.attempts))

    agent = shelf.agent(tmp_path, limits=Limits(seconds=0.4, attempts=10))
    run = await type(agent)(brain=slow, tools=agent.tools, home=tmp_path, limits=agent.limits).run(
        Goal("Tea.", check=shelf.costs("tea", 5))
    )
    assert run.verdict is Verdict.ESCALATED
    assert "0.4 seconds" in run.summary


async def test_a_check_that_hangs_is_red_within_the_runs_own_time(tmp_path: Path) -> None:
    async def hangs() -> Report:
        await asyncio.sleep(60)
        return Report()

    agent = Shelf().agent(tmp_path, limits=Limits(seconds=0.2))
    async with asyncio.timeout(10):
        run = await agent.run(Goal("Tea.", check=hangs))
    assert run.verdict is Verdict.ESCALATED
    assert "no answer within 0.2 s" in run.explain()
