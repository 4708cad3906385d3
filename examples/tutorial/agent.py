"""The classic tutorial agent. A model says what to do next; whether it worked, the service is asked."""

import argparse
import sys

from prunella import Agent, Event, Goal, Verdict, tool

Config = dict[str, str]
SERVICES: dict[str, Config] = {"payments": {"PORT": "9090"}}


@tool
def check_service_status(service: str) -> str:
    """Say whether a service runs and, when it is down, what its log says.

    Args:
        service: its name
    """
    up = SERVICES[service]["PORT"] == "8080"
    return "running" if up else "down: Connection refused. Check if PORT is set to 8080."


def found(service: str, **_: str) -> dict[str, Config]:
    return {service: SERVICES[service]}


@tool(risk="change", before=found, undo=SERVICES.update)
def update_service_config(service: str, key: str, value: str) -> None:
    """Give one key of a service's configuration another value.

    Args:
        service: its name
        key: the key to change
        value: its new value
    """
    SERVICES[service] = {**SERVICES[service], key: value}


def tell(event: Event) -> None:
    if event.text:
        print(f"{event.node}: {event.text}", flush=True)


def payments_run() -> bool:
    return check_service_status("payments") == "running"


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--brain", default="openai:gpt-4o", help="a chat model's name, or the URL of an OpenAI-like server")
agent = Agent(brain=parser.parse_args().brain, tools=[check_service_status, update_service_config])
goal = Goal("Check the payments service and fix any issues.", check=payments_run)
run = agent.run_sync(goal, on_event=tell)
sys.exit(run.verdict is not Verdict.ACHIEVED)
