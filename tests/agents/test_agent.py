"""The public face, as a program that imports `prunella` uses it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool as langchain_tool

from prunella import (
    Agent,
    Answer,
    ApprovalRequest,
    Brief,
    Decision,
    Event,
    Goal,
    Limits,
    LookUp,
    Plan,
    PrunellaError,
    Run,
    Step,
    Unsure,
    Verdict,
)
from prunella.errors import Misuse
from prunella.protocols import Brain
from prunella.storage.database import connect
from prunella.testing.models import ScriptedBrain, ScriptedModel, calling
from prunella.testing.openai_server import OpenAIServer, Said
from prunella.tools.langchain import from_langchain
from prunella.wiring.brains import Thought
from tests.healing.shelf import Shelf, setting

TEA = {"name": "tea", "price": 5}
WRONG: Any = 7


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No run of a test ends up among the user's own."""
    monkeypatch.setenv("PRUNELLA_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def clerk(brief: Brief) -> Plan:
    """Guesses one more with each attempt."""
    return setting("tea", 4 + len(brief.attempts))


async def slow_clerk(brief: Brief) -> Plan:
    await asyncio.sleep(0)
    return clerk(brief)


def tea_costs_5(shelf: Shelf) -> Goal:
    return Goal("Tea costs 5.", check=shelf.costs("tea", 5))


@pytest.mark.parametrize("brain", [clerk, slow_clerk, ScriptedBrain(setting("tea", 4), setting("tea", 5))])
async def test_a_function_and_a_brain_are_brains(brain: Brain | Thought) -> None:
    shelf = Shelf()
    run = await Agent(brain=brain, tools=shelf.tools()).run(tea_costs_5(shelf))
    assert run.verdict is Verdict.ACHIEVED
    assert shelf.log == ["set tea 4", "undo tea", "set tea 5"]


async def test_a_langchain_model_is_a_brain() -> None:
    shelf, model = Shelf(), ScriptedModel(replies=[calling("set_price", TEA)])
    run = await Agent(brain=model, tools=shelf.tools()).run(tea_costs_5(shelf))
    assert (run.verdict, run.record.brain) == (Verdict.ACHIEVED, "scripted")


async def test_a_models_name_is_a_brain(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    with OpenAIServer(Said(calls=(("set_price", TEA),)), key="sk-mine") as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
        run = await Agent(brain="openai:gpt-4o", tools=shelf.tools()).run(tea_costs_5(shelf))
    assert (run.verdict, run.record.brain) == (Verdict.ACHIEVED, "openai:gpt-4o")


async def test_a_function_that_raises_has_no_idea_and_the_world_is_as_found() -> None:
    shelf = Shelf()

    def forgetful(brief: Brief) -> Plan:
        if brief.attempts:
            raise KeyError("price list")
        return setting("tea", 4)

    run = await Agent(brain=forgetful, tools=shelf.tools()).run(tea_costs_5(shelf))
    assert (run.verdict, run.summary) == (Verdict.ESCALATED, "forgetful raised KeyError: 'price list'")
    assert shelf.prices["tea"] == 3


async def test_a_function_that_returns_no_proposal_is_told_what_to_return() -> None:
    def mute(brief: Brief) -> Plan:
        return None  # type: ignore[return-value] -- what a forgotten return does

    with pytest.raises(Misuse, match="The brain mute gave None: return a Plan, a LookUp, an Answer or Unsure"):
        await Agent(brain=mute).run(Goal("Anything.", check=lambda: False))


async def test_an_agent_answers_a_question_without_a_check() -> None:
    run = await Agent(brain=lambda brief: Answer(text="Four.")).run("What is two and two?")
    assert (run.verdict, run.summary) == (Verdict.UNVERIFIED, "Four.")


async def test_role_backstory_and_goal_reach_the_brief_and_the_book_keeps_the_words() -> None:
    brain = ScriptedBrain(Unsure(why="-"))
    agent = Agent(role="a pricing clerk", backstory="You know tea.", goal="Keep the shelf right.", brain=brain)
    run = await agent.run("Tea costs 5.")
    assert brain.briefs[0].goal == "You are a pricing clerk.\nYou know tea.\nKeep the shelf right.\nTea costs 5."
    assert run.record.goal == "Tea costs 5."


def test_run_sync_needs_no_event_loop() -> None:
    shelf, heard = Shelf(), list[Event]()
    run = Agent(brain=clerk, tools=shelf.tools()).run_sync(tea_costs_5(shelf), on_event=heard.append)
    assert run.verdict is Verdict.ACHIEVED
    assert tuple(heard) == run.events


def test_explain_tells_the_run_in_order() -> None:
    shelf = Shelf()
    told = Agent(brain=clerk, tools=shelf.tools()).run_sync(tea_costs_5(shelf)).explain().splitlines()
    assert [line.partition(":")[0] for line in told] == [
        "reading", "suspicion", "plan", "approval", "action", "reading", "undo", "reflection",
        "reading", "suspicion", "plan", "approval", "action", "reading", "verdict",
    ]  # fmt: skip
    assert "undo: put back: set_price tea 4" in told
    assert told[-1] == "verdict: achieved: a wrong price"


async def test_a_check_that_raises_is_red_with_its_reason() -> None:
    brain = ScriptedBrain()

    def broken() -> bool:
        raise ConnectionError("the till is off")

    run = await Agent(brain=brain).run(Goal("Anything.", check=broken))
    assert run.verdict is Verdict.ESCALATED
    assert [reading.detail for reading in brain.briefs[0].report.failing] == ["ConnectionError: the till is off"]


@pytest.mark.parametrize(("limits", "said"), [(Limits(attempts=2), "2 attempts"), (Limits(plans=1), "1 plans")])
async def test_limits_end_a_run_with_the_world_as_found(limits: Limits, said: str) -> None:
    shelf = Shelf()
    run = await Agent(brain=clerk, tools=shelf.tools(), limits=limits).run(Goal("Tea.", check=shelf.costs("tea", 9)))
    assert run.verdict is Verdict.ESCALATED
    assert said in run.summary
    assert shelf.prices["tea"] == 3


async def test_a_stream_tells_the_nodes_in_order() -> None:
    shelf = Shelf()
    agent = Agent(brain=lambda brief: setting("tea", 5), tools=shelf.tools())
    nodes = [event.node async for event in agent.stream(tea_costs_5(shelf))]
    assert list(dict.fromkeys(nodes)) == ["observe", "plan", "approve", "intend", "act", "judge", "learn", "end"]


async def test_leaving_a_stream_early_puts_everything_back(state: Path) -> None:
    shelf = Shelf()
    async with aclosing(Agent(brain=clerk, tools=shelf.tools()).stream(tea_costs_5(shelf))) as events:
        async for event in events:
            if event.node == "act":
                assert shelf.prices["tea"] == 4
                break
    assert shelf.prices["tea"] == 3
    assert verdicts(state) == ["rolled_back"]


async def test_a_stream_raises_what_the_run_raises() -> None:
    with pytest.raises(Misuse, match="no brain"):
        _ = [event async for event in Agent(brain=WRONG).stream("Tea.")]


class Human:
    """Says what it was made to say, and remembers what it was asked."""

    def __init__(self, *, approves: bool, about: str = "") -> None:
        self.approves, self.about = approves, about
        self.asked: list[ApprovalRequest] = []

    async def decide(self, request: ApprovalRequest) -> Decision:
        self.asked.append(request)
        return Decision(approved=self.approves, plan=self.about or request.plan.key, by="Ada", final=True)


class Absent:
    async def decide(self, request: ApprovalRequest) -> Decision:
        raise TimeoutError("nobody looked")


def reminding() -> tuple[Goal, object, list[str]]:
    """A goal, a LangChain tool that reaches it and cannot be undone, and whom it reminded."""
    sent: list[str] = []

    @langchain_tool
    def send_reminder(customer: str) -> str:
        """Send a customer the reminder that an invoice is due."""
        sent.append(customer)
        return f"{customer} was reminded"

    return Goal("Remind Ada.", check=lambda: "Ada" in sent), send_reminder, sent


def remind(brief: Brief) -> Plan:
    return Plan(cause="It is due.", steps=(Step(tool="send_reminder", arguments={"customer": "Ada"}),))


async def test_what_cannot_be_undone_is_asked_and_done_after_a_yes() -> None:
    goal, send, sent = reminding()
    human = Human(approves=True)
    run = await Agent(brain=remind, tools=[send], approver=human).run(goal)
    assert (run.verdict, sent) == (Verdict.ACHIEVED, ["Ada"])
    (request,) = human.asked
    assert "cannot be put back: send_reminder is a LangChain tool without an undo" in request.rulings[0].reason


@pytest.mark.parametrize(
    "approver", [None, Human(approves=False), Absent(), Human(approves=True, about="another plan")]
)
async def test_anything_but_a_yes_to_this_plan_is_a_no(approver: Human | Absent | None) -> None:
    goal, send, sent = reminding()
    run = await Agent(brain=remind, tools=[send], approver=approver).run(goal)
    assert (run.verdict, sent, run.entries) == (Verdict.ESCALATED, [], ())
    assert "send_reminder Ada" in run.summary


async def test_a_langchain_tool_that_only_reads_needs_no_yes() -> None:
    @langchain_tool
    def read_price(name: str) -> int:
        """Read the price of one thing on the shelf."""
        return {"tea": 3}[name]

    seen: list[Brief] = []

    def curious(brief: Brief) -> LookUp | Answer:
        seen.append(brief)
        look = LookUp(steps=(Step(tool="read_price", arguments={"name": "tea"}),))
        return Answer(text=brief.evidence[-1].text) if brief.evidence else look

    run = await Agent(brain=curious, tools=[from_langchain(read_price, risk="read")]).run("What does tea cost?")
    assert run.summary == "read_price: 3"


def not_a_tool() -> None: ...


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (lambda: Agent(brain="opnai:gpt-5").run("x"), r"opnai:gpt-5.*Did you mean openai:gpt-5\?"),
        (lambda: Agent(brain="reflex").run("x"), "reasons over a fleet"),
        (lambda: Agent(brain=WRONG).run("x"), "7 is no brain: give a model's name"),
        (lambda: Agent(brain=clerk, tools=[not_a_tool]).run("x"), "not_a_tool is no tool yet: decorate it with @tool"),
        (lambda: Agent(brain=clerk, tools=["set_price"]).run("x"), "'set_price' is no tool"),
        (lambda: Agent(brain=clerk, tools=[*Shelf().tools(), *Shelf().tools()]).run("x"), "Two tools are called"),
        (lambda: Agent(brain=clerk).run(WRONG), "7 is no goal: give a Goal, or the words for one"),
        (lambda: Agent(brain=clerk).run(" "), "' ' is no goal"),
    ],
)
def test_a_wrong_input_gets_one_clear_message_and_opens_nothing(
    start: Callable[[], Coroutine[None, None, Run]], says: str, state: Path
) -> None:
    with pytest.raises(PrunellaError, match=says) as raised:
        asyncio.run(start())
    assert isinstance(raised.value, Misuse)
    assert "\n" not in str(raised.value)
    assert not state.exists()


async def test_a_cancelled_run_is_put_back_and_closed(state: Path) -> None:
    shelf, acted = Shelf(), asyncio.Event()

    def watch(event: Event) -> None:
        if event.node == "act":
            acted.set()

    task = asyncio.ensure_future(Agent(brain=clerk, tools=shelf.tools()).run(tea_costs_5(shelf), on_event=watch))
    await asyncio.wait_for(acted.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert shelf.log == ["set tea 4", "undo tea"]
    assert verdicts(state) == ["rolled_back"]


def verdicts(home: Path) -> list[str]:
    """What the book of runs says, oldest first."""
    connection = connect(home / "state.db")
    try:
        return [row[0] for row in connection.execute("SELECT verdict FROM runs ORDER BY started")]
    finally:
        connection.close()
