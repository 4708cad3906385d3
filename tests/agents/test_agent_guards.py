"""What stands between an agent and trouble, from end to end: walls, spills, ladders, roles, limits, answers of APIs."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.tools import BaseTool

from prunella import (
    Agent,
    Answer,
    Brief,
    Bubblewrap,
    Goal,
    Limits,
    LookUp,
    Plan,
    Roles,
    Step,
    Unsure,
    Verdict,
    tool,
)
from prunella.brains.chat.prompt import BUDGET, build_prompt
from prunella.brains.chat.wire import Way
from prunella.domain.plan import ClimbReason, Proposal
from prunella.domain.run import Event, EventKind
from prunella.domain.usage import Usage
from prunella.storage.database import connect
from prunella.storage.events import event_path
from prunella.testing.models import ScriptedBrain
from tests.healing.shelf import Shelf, setting

DEED = "INSIDE"
CURIOUS = f"""
import os, socket, json
def tried(what):
    try:
        return str(what())
    except OSError as error:
        return type(error).__name__
print("{DEED}", json.dumps({{
    "home": tried(lambda: open("SECRET").read()),
    "witness": tried(lambda: open("WITNESS", "w").close()),
    "network": tried(lambda: socket.create_connection(("127.0.0.1", PORT), 2)),
    "key": os.environ.get("OPENAI_API_KEY", "none"),
}}))
"""


class PythonREPLTool(BaseTool):
    """Named like LangChain's, which runs what it is given in the process."""

    name: str = "Python_REPL"
    description: str = "A Python shell."
    ran: list[str] = []

    def _run(self, query: str) -> str:
        self.ran.append(query)
        return "ran right here"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "state"


def prompt_of(brief: Brief) -> str:
    """What a chat model is told."""
    prompt = build_prompt(brief, Way.CALLS)
    assert prompt.size <= BUDGET
    return prompt.user


def texts(events: tuple[Event, ...], kind: EventKind) -> list[str]:
    return [event.text for event in events if event.kind is kind]


async def test_a_langchain_python_shell_runs_behind_walls_and_never_itself(
    sandbox: Bubblewrap, home: Path, tmp_path: Path, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-them")
    monkeypatch.setenv("HOME", str(tmp_path))
    secret, witness, port = Path.home() / ".prunella-secret", tmp_path / "witness", api.rpartition(":")[2]
    code = CURIOUS.replace("SECRET", str(secret)).replace("WITNESS", str(witness)).replace("PORT", port)
    secret.write_text("for my eyes only")
    shell = PythonREPLTool()
    look = LookUp(steps=(Step(tool="Python_REPL", arguments={"query": code}),))
    brain = ScriptedBrain(look, lambda brief: Answer(text=brief.evidence[-1].text))
    run = await Agent(brain=brain, tools=[shell], home=home).run("What can it see?")
    saw = json.loads(run.summary.partition(DEED)[2])
    assert shell.ran == []
    assert not witness.exists()
    assert saw["home"] in {"FileNotFoundError", "PermissionError"}
    assert saw["witness"] in {"FileNotFoundError", "PermissionError", "OSError"}
    assert saw["network"] in {"ConnectionRefusedError", "OSError"}
    assert saw["key"] == "none"


async def test_a_python_shell_in_a_plan_runs_behind_walls_too(sandbox: Bubblewrap, home: Path, tmp_path: Path) -> None:
    witness, shell, done = tmp_path / "witness", PythonREPLTool(), list[bool]()
    step = Step(tool="Python_REPL", arguments={"query": f"open({str(witness)!r}, 'w')"})
    brain = ScriptedBrain(Plan(cause="-", steps=(step,)))
    run = await Agent(brain=brain, tools=[shell], home=home).run(Goal("Write it.", check=lambda: bool(done)))
    (failed,) = texts(run.events, EventKind.ACTION)
    assert failed.startswith("Python_REPL failed: CodeFailed")
    assert shell.ran == []
    assert not witness.exists()


LINE = "2031-04-05 06:07:08 ERROR worker-7 the certificate of the label printer expired yesterday"


NOISE = [f"2031-04-05 06:07:{n % 60:02} INFO worker-{n % 9} label {n} printed on roll {n % 31}" for n in range(18_000)]
LOG = "\n".join([*NOISE[:9_000], LINE, *NOISE[9_000:]])


@tool
def read_log() -> str:
    """Read the printer's whole log."""
    return LOG


async def test_a_megabyte_is_put_away_and_the_line_that_decides_is_in_the_next_brief(home: Path) -> None:
    assert len(LOG) > 1_000_000
    look = LookUp(steps=(Step(tool="read_log"),))

    def searches(brief: Brief) -> LookUp:
        arguments = {"handle": brief.evidence[-1].handle, "query": "certificate expired"}
        return LookUp(steps=(Step(tool="evidence.search", arguments={**arguments}),))

    brain = ScriptedBrain(look, searches, Answer(text="The certificate."))
    run = await Agent(brain=brain, tools=[read_log], home=home).run(
        "Why does the label printer print no labels? Error?"
    )
    first, second, third = brain.briefs
    assert run.verdict is Verdict.UNVERIFIED
    assert "evidence.search" not in [spec.name for spec in first.tools]
    assert "evidence.search" in [spec.name for spec in second.tools]
    assert LINE in second.evidence[-1].text
    assert second.evidence[-1].handle
    assert len(second.model_dump_json()) < 12_000
    assert LINE in prompt_of(second)
    assert "9001: " in third.evidence[-1].text
    assert LINE in third.evidence[-1].text
    assert event_path(home, run.record.id).stat().st_size < 100_000


def named(name: str, *proposals: Proposal) -> ScriptedBrain:
    return ScriptedBrain(*proposals, name=name)


def climbs(events: tuple[Event, ...]) -> list[tuple[Any, ...]]:
    told = [event.data for event in events if event.kind is EventKind.CLIMB]
    return [(each["rung"], each["to"], each["why"]) for each in told]


@pytest.mark.parametrize(
    ("proposals", "why"),
    [
        ((setting("tea", 4), setting("tea", 4)), ClimbReason.SAME_CALL),
        ((setting("tea", 4), setting("tea", 6)), ClimbReason.SAME_WORLD),
        ((setting("milk", 4), setting("milk", 6)), ClimbReason.SAME_ERROR),
        ((Unsure(why="no idea"),), ClimbReason.DOUBT),
    ],
)
async def test_a_ladder_climbs_and_says_why(home: Path, proposals: tuple[Proposal, ...], why: ClimbReason) -> None:
    shelf = Shelf(fail_on="milk")
    small, large = named("small", *proposals), named("large", setting("tea", 5))
    goal = Goal("Tea costs 5.", check=lambda: shelf.prices["tea"] == 5)
    run = await Agent(brain=[small, large], tools=shelf.tools(), home=home).run(goal)
    assert (run.verdict, run.record.brain) == (Verdict.ACHIEVED, "small → large")
    assert climbs(run.events) == [("small", "large", why)]
    assert texts(run.events, EventKind.CLIMB)[0].startswith(f"small → large ({why}): ")
    assert [climb.why for climb in large.briefs[0].climbs] in ([], [why])
    assert shelf.prices["tea"] == 5


async def test_a_rung_is_left_when_its_attempts_are_spent(home: Path) -> None:
    shelf = Shelf()
    small, large = named("small", *(setting("tea", 10 + n) for n in range(9))), named("large", setting("tea", 5))
    agent = Agent(brain=[small, large], tools=shelf.tools(), limits=Limits(attempts=2), home=home)
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert run.verdict is Verdict.ACHIEVED
    assert climbs(run.events) == [("small", "large", ClimbReason.LIMIT)]
    assert [attempt.by for attempt in large.briefs[0].attempts] == ["small", "small"]


async def test_a_large_model_plans_and_a_small_one_makes_the_calls(home: Path) -> None:
    shelf = Shelf()
    outline = Answer(text=json.dumps({"cause": "The tag is old.", "tasks": ["Set the price of tea to 5."]}))
    large, small = named("large", outline), named("small", setting("tea", 5, cause="as told"))
    agent = Agent(brain=Roles(plan=large, act=small), tools=shelf.tools(), home=home)
    run = await agent.run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    assert (run.verdict, run.summary) == (Verdict.ACHIEVED, "The tag is old.")
    assert (len(large.briefs), len(small.briefs)) == (1, 1)
    assert small.briefs[0].goal.startswith("Set the price of tea to 5.")
    assert [spec.name for spec in large.briefs[0].tools] == ["read_price"]


class Spender(ScriptedBrain):
    """Each thought costs 100 tokens and half a dollar."""

    @property
    def usage(self) -> Usage:
        calls = len(self.briefs)
        return Usage(calls=calls, input_tokens=60 * calls, output_tokens=40 * calls, dollars=0.5 * calls)


def guesses() -> Spender:
    return Spender(*(setting("tea", 10 + number) for number in range(20)))


@pytest.mark.parametrize(
    ("limits", "thoughts", "says"),
    [
        (Limits(attempts=10, dollars=1.0), 2, "The limit of 1 dollars is used up (1 spent)"),
        (Limits(attempts=10, tokens=250), 3, "The limit of 250 tokens is used up (300 spent)"),
        (Limits(attempts=10, dollars=100.0, dollars_per_day=1.5), 3, "1.5 dollars a day"),
        (Limits(attempts=10, dollars=100.0, tokens_per_day=400), 4, "400 tokens a day"),
    ],
)
async def test_money_and_tokens_end_a_run_with_the_world_as_found(
    home: Path, limits: Limits, thoughts: int, says: str
) -> None:
    shelf, brain = Shelf(), guesses()
    run = await Agent(brain=brain, tools=shelf.tools(), limits=limits, home=home).run(
        Goal("Tea costs 5.", check=shelf.costs("tea", 5))
    )
    assert run.verdict is Verdict.ESCALATED
    assert says in run.summary
    assert len(brain.briefs) == thoughts
    assert shelf.prices["tea"] == 3
    (spent,) = texts(run.events, EventKind.SPENT)
    assert f"{100 * thoughts} tokens" in spent
    assert f"${0.5 * thoughts:.4f}" in spent


@pytest.mark.parametrize(
    ("limits", "second_thoughts"),
    [
        (Limits(attempts=3, dollars_per_day=2.0), 1),
        (Limits(attempts=3, tokens_per_day=500, dollars_per_day=None), 2),
        (Limits(attempts=3, attempts_per_day=4), 1),
        (Limits(attempts=3, dollars_per_day=1.5), 0),
    ],
)
async def test_a_day_is_longer_than_a_run(home: Path, limits: Limits, second_thoughts: int) -> None:
    shelf, first, second = Shelf(), guesses(), guesses()
    goal = Goal("Tea costs 5.", check=shelf.costs("tea", 5))
    for brain in (first, second):
        run = await Agent(brain=brain, tools=shelf.tools(), limits=limits, home=home).run(goal)
    assert (len(first.briefs), len(second.briefs)) == (3, second_thoughts)
    assert (run.verdict, shelf.prices["tea"]) == (Verdict.ESCALATED, 3)
    assert "a day" in run.summary
    elsewhere = guesses()
    await Agent(brain=elsewhere, tools=shelf.tools(), limits=limits, home=home / "other").run(goal)
    assert len(elsewhere.briefs) == 3


async def test_what_was_spent_is_in_the_book_when_the_run_is_over(home: Path) -> None:
    shelf, brain = Shelf(), Spender(setting("tea", 5))
    await Agent(brain=brain, tools=shelf.tools(), home=home).run(Goal("Tea costs 5.", check=shelf.costs("tea", 5)))
    connection = connect(home / "state.db")
    try:
        (row,) = connection.execute("SELECT spent FROM spending").fetchall()
    finally:
        connection.close()
    assert (json.loads(row[0])["tokens"], json.loads(row[0])["dollars"]) == (100, 0.5)


BODIES = {
    "/422": (422, json.dumps({"detail": [{"loc": ["body", "quantity"], "msg": "must be a whole number"}]})),
    "/500": (500, "The order was refused by the bank.\nAPI_KEY=sk-verysecretverysecret\n"),
}


class Desk(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, body = BODIES[self.path]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its own name
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Desk)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("path", "says"), [("/422", "must be a whole number"), ("/500", "was refused by the bank")])
async def test_what_an_api_answers_is_seen_by_the_next_thought(home: Path, api: str, path: str, says: str) -> None:
    def nothing(before: None = None) -> None:
        """A refused order leaves nothing to put back."""

    @tool(risk="change", before=nothing, undo=nothing)
    def order() -> None:
        """Order a dozen eggs."""
        httpx.get(f"{api}{path}", trust_env=False).raise_for_status()

    @tool
    def ask() -> None:
        """Ask what can be ordered."""
        httpx.get(f"{api}{path}", trust_env=False).raise_for_status()

    brain = ScriptedBrain(LookUp(steps=(Step(tool="ask"),)), Plan(cause="-", steps=(Step(tool="order"),)))
    await Agent(brain=brain, tools=[order, ask], home=home).run(Goal("Order eggs.", check=lambda: False))
    _, looked, tried = brain.briefs
    (observation,) = tried.attempts[0].observations
    assert says in looked.evidence[-1].text
    assert (observation.ok, observation.error) == (False, "HTTPStatusError")
    assert says in observation.message
    assert says in prompt_of(tried)
    assert "sk-very" not in prompt_of(tried) + tried.model_dump_json() + looked.model_dump_json()
