"""An API client that heals itself: it reads what a 422 says is wrong, and waits as long as a 429 asks for."""

import argparse
import sys
import time

import httpx
from orders_api import served

from prunella import Agent, Event, Goal, Verdict, tool

LONGEST_WAIT_S = 30.0


def orders_at(api: str) -> list[dict[str, object]]:
    return httpx.get(f"{api}/orders").raise_for_status().json()


def tell(event: Event) -> None:
    if event.text:
        print(f"{event.node}: {event.text}", flush=True)


def client_of(api: str, brain: str) -> Agent:
    def orders_before(**_: object) -> int:
        return len(orders_at(api))

    def take_back(before: int) -> None:
        while len(orders_at(api)) > before:
            httpx.delete(f"{api}/orders").raise_for_status()

    @tool(risk="change", before=orders_before, undo=take_back)
    def place_order(item: str, quantity: str | int) -> str:
        """Order an item from the shop.

        Args:
            item: its name
            quantity: how many
        """
        answer = httpx.post(f"{api}/orders", json={"item": item, "quantity": quantity})
        if answer.status_code == 429:
            time.sleep(min(float(answer.headers["Retry-After"]), LONGEST_WAIT_S))
            answer = httpx.post(f"{api}/orders", json={"item": item, "quantity": quantity})
        if answer.is_error:
            raise ValueError(f"HTTP {answer.status_code}: {answer.text}")
        return answer.text

    return Agent(role="a buyer", brain=brain, tools=[place_order])


parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--brain", default="openai:gpt-4o", help="a chat model's name, or the URL of an OpenAI-like server")
options = parser.parse_args()
with served() as api:
    goal = Goal("Order a dozen eggs.", check=lambda: orders_at(api) == [{"item": "eggs", "quantity": 12}])
    run = client_of(api, options.brain).run_sync(goal, on_event=tell)
sys.exit(run.verdict is not Verdict.ACHIEVED)
