"""A coder. Its program counts when it prints the right thing in every case, in a sandbox and before our eyes."""

import argparse
import asyncio
import sys

from pydantic import BaseModel, Field

from prunella import Agent, Bubblewrap, CodePack, Event, Goal, Job, Run, Verdict, sandboxed_passes

TASK = """Write a Python 3 program (standard library only). It reads numbers from standard input, parted by blanks or
line ends, and prints their median with one decimal place. Words that are no numbers do not count."""
CASES = {"3 1 2": "2.0", "4 1\n3 2": "2.5", "one 2 three 4": "3.0", "": "no numbers"}


class Program(BaseModel):
    code: str = Field(description="the whole program")


def job_of(program: Program) -> Job:
    return Job(command=("python3", "-B", "main.py"), files={"main.py": program.code})


def tell(event: Event) -> None:
    if event.text:
        print(f"{event.node}: {event.text}", flush=True)


def write(task: str, cases: dict[str, str], brain: str) -> Run:
    sandbox = Bubblewrap()
    asyncio.run(sandbox.ready())  # says what is missing, before a model is asked
    agent = Agent(role="a careful programmer", brain=brain, tools=CodePack(sandbox).tools(), sandbox=sandbox)
    goal = Goal(task, output=Program, check=sandboxed_passes(sandbox, job_of, cases))
    return agent.run_sync(goal, on_event=tell)


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--brain", default="openai:gpt-4o", help="a chat model's name, or the URL of an OpenAI-like server")
options = parser.parse_args()
run = write(TASK, CASES, options.brain)
if run.verdict is Verdict.ACHIEVED:
    print(run.output.code)
sys.exit(run.verdict is not Verdict.ACHIEVED)
