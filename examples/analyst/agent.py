"""A SQL analyst. An answer counts only when the query behind it, asked once more, gives the same figure."""

import argparse
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, Field

from prunella import Agent, Event, Goal, Verdict
from prunella.tools.packs.sql import SqlPack


class Finding(BaseModel):
    figure: float = Field(description="the answer as a number")
    sql: str = Field(description="one query that gives this number, and nothing else")


def sample(folder: str) -> str:
    """A small shop's database, made anew."""
    path = Path(folder) / "shop.db"
    with closing(sqlite3.connect(path)) as shop:
        shop.executescript(Path(__file__).with_name("shop.sql").read_text(encoding="utf-8"))
    return f"sqlite:///{path}"


def tell(event: Event) -> None:
    if event.text:
        print(f"{event.node}: {event.text}", flush=True)


def analyse(question: str, database: str, brain: str) -> Verdict:
    pack = SqlPack(database)

    def is_shown(finding: Finding) -> bool:
        """Does the database say so, too?"""
        return [list(row) for row in pack.query(finding.sql).rows] == [[finding.figure]]

    agent = Agent(role="a careful SQL analyst", brain=brain, tools=pack.tools())
    goal = Goal(question, output=Finding, check=is_shown)
    return agent.run_sync(goal, on_event=tell).verdict


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("question", nargs="?", default="How many cents did Ada pay for her paid orders?")
parser.add_argument("--database", help="sqlite:///path or postgresql://user@host/name; a small shop by default")
parser.add_argument("--brain", default="openai:gpt-4o", help="a chat model's name, or the URL of an OpenAI-like server")
options = parser.parse_args()
with TemporaryDirectory() as place:
    verdict = analyse(options.question, options.database or sample(place), options.brain)
sys.exit(verdict is not Verdict.ACHIEVED)
