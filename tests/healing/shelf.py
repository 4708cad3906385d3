"""A tiny world of numbers for the loop to work on: prices on a shelf, tools that change them, checks that look."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from prunella import Agent, Limits, Reach, Reading, Report, tool
from prunella.domain.brief import Brief
from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Plan, Proposal, Step
from prunella.domain.run import Event
from prunella.testing.models import ScriptedBrain


@dataclass
class Shelf:
    """Prices by name. `log` is what was really done, in order."""

    prices: dict[str, int] = field(default_factory=lambda: {"tea": 3, "milk": 2})
    log: list[str] = field(default_factory=list[str])
    fail_on: str = ""

    def tools(self) -> list[object]:
        async def set_price(name: str, price: int) -> str:
            """Set the price of one thing on the shelf.

            Args:
                name: what stands on the shelf
                price: the new price in cents
            """
            if name == self.fail_on:
                raise ValueError(f"the label printer jams at {name}")
            self.log.append(f"set {name} {price}")
            self.prices[name] = price
            return f"{name} is {price}"

        def before(name: str, price: int) -> dict[str, int | str | None]:
            del price
            return {"name": name, "price": self.prices.get(name)}

        def undo(before: dict[str, int | str | None]) -> None:
            name, price = str(before["name"]), before["price"]
            self.log.append(f"undo {name}")
            if price is None:
                self.prices.pop(name, None)
            else:
                self.prices[name] = int(price)

        def applied(arguments: dict[str, JsonValue], before: JsonValue) -> bool:
            del before
            return self.prices.get(str(arguments["name"])) == arguments["price"]

        return [tool(risk="change", before=before, undo=undo, applied=applied)(set_price), self.reader()]

    def reader(self) -> object:
        @tool
        def read_price(name: str) -> int:
            """Read the price of one thing on the shelf.

            Args:
                name: what stands on the shelf
            """
            return self.prices[name]

        return read_price

    def agent(
        self, home: Path, *answers: Proposal | Callable[[Brief], Proposal], limits: Limits | None = None
    ) -> Agent:
        return Agent(brain=ScriptedBrain(*answers), tools=self.tools(), home=home, limits=limits or Limits())

    def costs(self, name: str, price: int) -> Callable[[], Report]:
        """A check that one price is right; how far off it is shows in the reading."""

        def look() -> Report:
            now = self.prices.get(name)
            reach = Reach.RIGHT if now == price else Reach.NOBODY if now is None else Reach.WRONG
            return Report(readings=(Reading(probe=f"{name} costs {price}", reach=reach, detail=f"is {now}"),))

        return look


def setting(name: str, price: int, cause: str = "a wrong price") -> Plan:
    return Plan(cause=cause, steps=(Step(tool="set_price", arguments={"name": name, "price": price}),))


def kinds(events: tuple[Event, ...]) -> list[str]:
    return [event.kind.value for event in events]
