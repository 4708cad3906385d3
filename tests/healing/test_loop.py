"""The loop's promises, on a world of numbers: every verdict, and what it leaves behind."""

from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel

from prunella import Agent, Goal, Limits, Objective, Report, Verdict, tool
from prunella.domain.brief import Brief
from prunella.domain.evidence import EvidenceKind
from prunella.domain.frozen import JsonValue
from prunella.domain.journal import Outcome
from prunella.domain.plan import Answer, LookUp, Plan, Proposal, Step, Unsure
from prunella.domain.tool import Prepared
from prunella.testing.models import ScriptedBrain
from tests.healing.shelf import Shelf, setting


async def test_a_wrong_price_is_put_right_and_proved(tmp_path: Path) -> None:
    shelf = Shelf()
    run = await shelf.agent(tmp_path, setting("tea", 5)).run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert (run.verdict, run.summary) == (Verdict.ACHIEVED, "a wrong price")
    assert shelf.prices == {"tea": 5, "milk": 2}
    assert [entry.outcome for entry in run.entries] == [Outcome.APPLIED]


async def test_nothing_is_written_when_all_is_green(tmp_path: Path) -> None:
    shelf = Shelf()
    run = await shelf.agent(tmp_path, setting("tea", 9)).run(Goal("Tea costs 3.", check=shelf.costs("tea", 3)))
    assert run.verdict is Verdict.NOTHING_TO_DO
    assert (shelf.log, run.entries) == ([], ())


async def test_the_models_word_ends_nothing(tmp_path: Path) -> None:
    shelf = Shelf()
    agent = shelf.agent(tmp_path, Answer(text="All prices are right."), Answer(text="I am quite sure."))
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ESCALATED
    assert "I am quite sure." in run.summary


async def test_a_brain_that_only_talks_is_told_once_that_the_check_is_red(tmp_path: Path) -> None:
    shelf = Shelf()
    agent = shelf.agent(tmp_path, Answer(text="All prices are right."), setting("tea", 5))
    assert (await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))).verdict is Verdict.ACHIEVED


async def test_the_same_plan_over_and_over_ends_the_run(tmp_path: Path) -> None:
    shelf = Shelf()
    run = await shelf.agent(tmp_path, *[setting("milk", 7)] * 9).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ESCALATED
    assert "over and over" in run.summary
    assert shelf.log == ["set milk 7", "undo milk"]


async def test_a_plan_that_does_not_help_is_put_back_before_the_next(tmp_path: Path) -> None:
    shelf = Shelf()
    agent = shelf.agent(tmp_path, setting("milk", 7), setting("tea", 5))
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set milk 7", "undo milk", "set tea 5"]
    assert shelf.prices == {"tea": 5, "milk": 2}


async def test_out_of_ideas_leaves_everything_as_found_and_says_so(tmp_path: Path) -> None:
    shelf = Shelf()
    agent = shelf.agent(tmp_path, setting("milk", 7), Unsure(why="no more ideas"))
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert (run.verdict, run.summary) == (Verdict.ESCALATED, "no more ideas")
    assert shelf.prices == {"tea": 3, "milk": 2}


async def test_an_error_is_an_observation_with_its_traceback(tmp_path: Path) -> None:
    shelf, briefs = Shelf(fail_on="tea"), list[Brief]()

    def second(brief: Brief) -> Proposal:
        briefs.append(brief)
        return Unsure(why="stop")

    run = await shelf.agent(tmp_path, setting("tea", 5), second).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    observation = briefs[0].attempts[0].observations[0]
    assert (observation.error, observation.message) == ("ValueError", "the label printer jams at tea")
    assert "set_price" in observation.traceback
    assert run.verdict is Verdict.ESCALATED


async def test_an_invented_tool_is_answered_with_the_nearest_and_touches_nothing(tmp_path: Path) -> None:
    shelf, briefs = Shelf(), list[Brief]()
    invented = Plan(cause="x", steps=(Step(tool="set_prices", arguments={"name": "tea", "price": 5}),))

    def second(brief: Brief) -> Proposal:
        briefs.append(brief)
        return setting("tea", 5)

    run = await shelf.agent(tmp_path, invented, second).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert "set_price" in briefs[0].rejections[0].reasons[0]
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set tea 5"]


async def test_a_call_that_another_tool_means_is_carried_out_by_that_one(tmp_path: Path) -> None:
    shelf = Shelf()

    def before(name: str, price: int) -> Prepared:
        del name, price
        return Prepared(instead="set_price")

    def undo(before: JsonValue) -> None:
        raise AssertionError(f"{before} was never done")

    @tool(risk="change", before=before, undo=undo)
    def raise_price(name: str, price: int) -> str:
        """Raise the price of one thing.

        Args:
            name: what stands on the shelf
            price: the new price in cents
        """
        shelf.log.append(f"raise {name} {price}")
        return name

    raising = Plan(cause="too cheap", steps=(Step(tool="raise_price", arguments={"name": "tea", "price": 5}),))
    agent = Agent(brain=ScriptedBrain(raising), tools=[*shelf.tools(), raise_price], home=tmp_path)
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set tea 5"]
    assert [entry.step.tool for entry in run.entries] == ["set_price"]


async def test_one_bad_step_rejects_the_whole_plan_with_every_reason(tmp_path: Path) -> None:
    shelf, briefs = Shelf(), list[Brief]()
    steps = (
        Step(tool="set_price", arguments={"name": "tea", "price": 5}),
        Step(tool="set_price", arguments={"name": "tea", "price": "dear"}),
        Step(tool="burn_shelf"),
    )

    def second(brief: Brief) -> Proposal:
        briefs.append(brief)
        return Unsure(why="stop")

    await shelf.agent(tmp_path, Plan(cause="x", steps=steps), second).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert len(briefs[0].rejections[0].reasons) == 2
    assert shelf.log == []


async def test_the_same_plan_again_is_a_stall(tmp_path: Path) -> None:
    shelf = Shelf()
    agent = shelf.agent(tmp_path, setting("milk", 7), setting("milk", 7), setting("tea", 5))
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log.count("set milk 7") == 1


async def test_progress_is_kept_and_two_faults_are_healed_one_after_the_other(tmp_path: Path) -> None:
    shelf = Shelf()

    def both() -> Report:
        readings = (*shelf.costs("tea", 5)().readings, *shelf.costs("milk", 4)().readings)
        return Report(readings=readings)

    agent = shelf.agent(tmp_path, setting("tea", 5, "tea was wrong."), setting("milk", 4, "milk was wrong."))
    run = await agent.run(Goal("Both.", check=both))
    assert (run.verdict, run.summary) == (Verdict.ACHIEVED, "tea was wrong. milk was wrong.")
    assert shelf.log == ["set tea 5", "set milk 4"]


async def test_a_plan_that_failed_may_help_once_something_else_is_kept(tmp_path: Path) -> None:
    shelf = Shelf()

    def both() -> Report:
        milk = shelf.costs("milk", 4)().readings if shelf.prices["tea"] == 5 else shelf.costs("milk", -1)().readings
        return Report(
            readings=(*shelf.costs("tea", 5)().readings, *(r.model_copy(update={"probe": "milk"}) for r in milk))
        )

    milk, tea = setting("milk", 4), setting("tea", 5)
    run = await shelf.agent(tmp_path, milk, tea, milk).run(Goal("Both.", check=both))
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set milk 4", "undo milk", "set tea 5", "set milk 4"]


async def test_progress_is_put_back_when_the_goal_is_not_reached(tmp_path: Path) -> None:
    shelf = Shelf()

    def both() -> Report:
        return Report(readings=(*shelf.costs("tea", 5)().readings, *shelf.costs("milk", 4)().readings))

    run = await shelf.agent(tmp_path, setting("tea", 5)).run(Goal("Both.", check=both))
    assert run.verdict is Verdict.ESCALATED
    assert shelf.prices == {"tea": 3, "milk": 2}


async def test_a_repair_that_makes_a_neighbour_worse_is_put_back(tmp_path: Path) -> None:
    shelf = Shelf()

    def cheap() -> bool:
        return shelf.prices["tea"] < 5

    agent = shelf.agent(tmp_path, setting("tea", 5))
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5), constraints=(cheap,)))
    assert run.verdict is Verdict.ESCALATED
    assert shelf.prices["tea"] == 3


async def test_subgoals_are_reached_in_order_before_the_check(tmp_path: Path) -> None:
    shelf = Shelf()
    goal = Goal(
        "Both right.",
        check=shelf.costs("milk", 4),
        subgoals=(Goal("Tea first.", check=shelf.costs("tea", 5)),),
    )
    run = await shelf.agent(tmp_path, setting("tea", 5), setting("milk", 4)).run(goal)
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set tea 5", "set milk 4"]


async def test_an_objective_keeps_the_best_and_never_leaves_the_constraints(tmp_path: Path) -> None:
    shelf = Shelf()
    goal = Goal(
        "As cheap as can be, but not free.",
        check=lambda: shelf.prices["tea"] <= 5,
        constraints=(lambda: shelf.prices["tea"] > 0,),
        objective=Objective("price", measure=lambda: float(shelf.prices["tea"])),
    )
    run = await shelf.agent(tmp_path, setting("tea", 2), setting("tea", 4), setting("tea", 0), setting("tea", 1)).run(
        goal
    )
    assert (run.verdict, run.summary) == (Verdict.ACHIEVED, "a wrong price")
    assert shelf.prices["tea"] == 1
    assert shelf.log == ["set tea 2", "set tea 4", "undo tea", "set tea 0", "undo tea", "set tea 1"]


async def test_a_look_up_is_answered_and_writes_nothing(tmp_path: Path) -> None:
    shelf, briefs = Shelf(), list[Brief]()

    def second(brief: Brief) -> Proposal:
        briefs.append(brief)
        return setting("tea", 5)

    look = LookUp(steps=(Step(tool="read_price", arguments={"name": "tea"}),))
    run = await shelf.agent(tmp_path, look, second).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    answers = [evidence for evidence in briefs[0].evidence if evidence.kind is EvidenceKind.LOOKUP]
    assert ["3" in answer.text for answer in answers] == [True]
    assert (run.verdict, len(run.entries)) == (Verdict.ACHIEVED, 1)


async def test_a_look_up_cannot_change_anything(tmp_path: Path) -> None:
    shelf = Shelf()
    sly = LookUp(steps=(Step(tool="set_price", arguments={"name": "tea", "price": 5}),))
    await shelf.agent(tmp_path, sly, Unsure(why="stop")).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert shelf.log == []


async def test_without_a_check_the_answer_is_unverified(tmp_path: Path) -> None:
    run = await Shelf().agent(tmp_path, Answer(text="42")).run("What is it?")
    assert (run.verdict, run.summary) == (Verdict.UNVERIFIED, "42")


async def test_attempts_are_limited_and_the_limit_is_named(tmp_path: Path) -> None:
    shelf = Shelf()
    plans = [setting("milk", price) for price in range(10, 30)]
    run = await shelf.agent(tmp_path, *plans, limits=Limits(attempts=2)).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ESCALATED
    assert "2 attempts" in run.summary
    assert shelf.log == ["set milk 10", "undo milk", "set milk 11", "undo milk"]


async def test_rejected_plans_are_limited_too(tmp_path: Path) -> None:
    shelf = Shelf()
    plans = [Plan(cause="x", steps=(Step(tool=f"invented_{number}"),)) for number in range(9)]
    run = await shelf.agent(tmp_path, *plans, limits=Limits(plans=3)).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ESCALATED
    assert "3 plans" in run.summary


async def test_steps_are_limited_before_the_first_write(tmp_path: Path) -> None:
    shelf = Shelf()
    plan = Plan(cause="x", steps=tuple(Step(tool="set_price", arguments={"name": "tea", "price": p}) for p in range(9)))
    run = await shelf.agent(tmp_path, plan, limits=Limits(steps=5)).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert (run.verdict, shelf.log) == (Verdict.ESCALATED, [])


async def test_events_stream_node_by_node(tmp_path: Path) -> None:
    shelf = Shelf()
    agent = shelf.agent(tmp_path, setting("tea", 5))
    nodes = [event.node async for event in agent.stream(Goal("Tea.", check=shelf.costs("tea", 5)))]
    assert list(dict.fromkeys(nodes)) == ["observe", "plan", "approve", "intend", "act", "judge", "learn", "end"]


def until(step: Step, probe: str) -> Step:
    return step.model_copy(update={"until": probe})


def both(shelf: Shelf) -> Callable[[], Report]:
    looks = shelf.costs("tea", 5), shelf.costs("milk", 4)
    return lambda: Report(readings=tuple(reading for look in looks for reading in look().readings))


async def test_a_sub_goal_that_is_missed_ends_the_plan_and_is_told(tmp_path: Path) -> None:
    shelf, briefs = Shelf(), list[Brief]()
    wrong, milk = setting("tea", 9).steps[0], setting("milk", 4).steps[0]

    def second(brief: Brief) -> Proposal:
        briefs.append(brief)
        steps = (until(setting("tea", 5).steps[0], "tea costs 5"), milk)
        return Plan(cause="two wrong prices", steps=steps)

    first = Plan(cause="x", steps=(until(wrong, "tea costs 5"), milk))
    run = await shelf.agent(tmp_path, first, second).run(Goal("Prices.", check=both(shelf)))
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set tea 9", "undo tea", "set tea 5", "set milk 4"]
    assert "tea costs 5 is still red" in briefs[0].attempts[0].came_of_it


async def test_a_sub_goal_that_nothing_can_judge_is_rejected(tmp_path: Path) -> None:
    shelf = Shelf()
    plan = Plan(cause="x", steps=(until(setting("tea", 5).steps[0], "tea is dear"),))
    run = await shelf.agent(tmp_path, plan).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert (run.verdict, shelf.log) == (Verdict.ESCALATED, [])
    assert "no probe called 'tea is dear'" in run.explain()


class Shelves(BaseModel):
    dearest: str
    price: int


async def test_an_answer_has_to_fit_its_shape_and_the_check_and_is_told_why_not(tmp_path: Path) -> None:
    shelf, briefs = Shelf(), list[Brief]()

    def third(brief: Brief) -> Proposal:
        briefs.append(brief)
        return Answer(text='```json\n{"dearest": "tea", "price": 3}\n```')

    def is_true(said: Shelves) -> bool:
        return shelf.prices[said.dearest] == said.price == max(shelf.prices.values())

    agent = shelf.agent(tmp_path, Answer(text="tea"), Answer(text='{"dearest": "milk", "price": 2}'), third)
    run = await agent.run(Goal("What is dearest?", check=is_true, output=Shelves))
    assert (run.verdict, run.output) == (Verdict.ACHIEVED, Shelves(dearest="tea", price=3))
    assert [len(rejection.reasons) for rejection in briefs[0].rejections] == [1, 1]
    assert "Invalid JSON" in briefs[0].rejections[0].reasons[0]
    assert "says False" in briefs[0].rejections[1].reasons[0]
    assert '"dearest"' in briefs[0].goal


async def test_answers_that_never_fit_end_with_the_limit_and_nothing_is_left(tmp_path: Path) -> None:
    shelf = Shelf()
    agent = shelf.agent(tmp_path, setting("tea", 7), *[Answer(text="no idea")] * 9, limits=Limits(attempts=3))
    run = await agent.run(Goal("What is dearest?", output=Shelves))
    assert (run.verdict, run.output) == (Verdict.ESCALATED, None)
    assert shelf.prices == {"tea": 3, "milk": 2}
    assert "all of its 3 attempts" in run.summary


async def test_a_plan_that_also_looks_is_put_back_like_any_other(tmp_path: Path) -> None:
    shelf = Shelf()
    plan = Plan(cause="x", steps=(Step(tool="read_price", arguments={"name": "tea"}), *setting("tea", 9).steps))
    run = await shelf.agent(tmp_path, plan).run(Goal("Tea.", check=shelf.costs("tea", 5)))
    assert (run.verdict, shelf.prices["tea"]) == (Verdict.ESCALATED, 3)
