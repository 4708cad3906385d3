"""The classic tutorial agent. The model is asked what to do; whether it worked, the service is asked."""

import argparse
import sys

from prunella import Agent, Goal, Verdict, tool

SERVICES = {"payments": {"PORT": "9090"}}


@tool
def check_service_status(service: str) -> str:
    """Say whether a service runs and, when it is down, what its log says.

    Args:
        service: the service's name
    """
    is_up = SERVICES[service]["PORT"] == "8080"
    return "running" if is_up else "down: Connection refused. Check if PORT is set to 8080."


@tool(risk="change", before=lambda service, **_: {service: SERVICES[service]}, undo=SERVICES.update)
def update_service_config(service: str, key: str, value: str) -> str:
    """Give one key of a service's configuration a new value.

    Args:
        service: the service's name
        key: the key to change
        value: its new value
    """
    SERVICES[service] = {**SERVICES[service], key: value}
    return f"{key} of {service} is now {value}"


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--brain", default="openai:gpt-4o", help="a chat model's name or an OpenAI-compatible URL")
agent = Agent(brain=parser.parse_args().brain, tools=[check_service_status, update_service_config])
goal = Goal("Check the payments service and fix any issues.", lambda: check_service_status("payments") == "running")
run = agent.run_sync(goal, on_event=lambda event: print(f"{event.node}: {event.text}", flush=True))
sys.exit(run.verdict is not Verdict.ACHIEVED)
