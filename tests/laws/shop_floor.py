"""A world in memory for the laws: prices that tools set, that may fail at the worst moment, and that others change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from prunella import Prepared, Reach, Reading, Report, tool
from prunella.domain.evidence import Evidence, Findings
from prunella.domain.frozen import JsonValue
from prunella.domain.lesson import Trouble
from prunella.domain.plan import Plan, Step
from prunella.errors import Rejected
from prunella.protocols import Tool

NAMES = ("tea", "milk", "salt")


@dataclass
class Floor:
    """Implements World. `log` is what was really done, in order; `fails` says which price fails ahead of, or behind,
    its effect. `unwritable` are names that `before` refuses.
    """

    prices: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 3))
    fails: Mapping[int, str] = field(default_factory=dict[int, str])
    unwritable: frozenset[str] = frozenset()
    log: list[str] = field(default_factory=list[str])

    async def trouble(self, report: Report, evidence: tuple[Evidence, ...]) -> Trouble:
        return Trouble(fleet="", services=(), fingerprint=report.symptom, text=report.symptom)

    async def investigate(self, report: Report) -> Findings:
        return Findings()

    async def survey(self) -> Mapping[str, str]:
        return {f"price:{name}": str(price) for name, price in self.prices.items()}

    async def remember_good(self) -> None: ...

    async def set_price(self, name: str, price: int) -> str:
        """Set the price of one thing on the shelf.

        Args:
            name: what stands on the shelf
            price: the new price in cents
        """
        if self.fails.get(price) == "ahead":
            raise ValueError("the label printer is out of paper")
        self.log.append(setting(name, price).key)
        self.prices[name] = price
        if self.fails.get(price) == "behind":
            raise ValueError("the label printer jams after printing")
        return f"{name} is {price}"

    def before(self, name: str, price: int) -> Prepared:
        if name in self.unwritable:
            raise Rejected(f"{name} is locked away")
        was: dict[str, JsonValue] = {"name": name, "price": self.prices.get(name)}
        return Prepared(before=was, touches=(f"price:{name}",), difference=f"{was['price']} → {price}")

    def undo(self, before: dict[str, int | str | None]) -> None:
        name, price = str(before["name"]), before["price"]
        if price is None:
            self.prices.pop(name, None)
        else:
            self.prices[name] = int(price)

    def applied(self, arguments: dict[str, JsonValue], before: dict[str, JsonValue]) -> bool | None:
        now = self.prices.get(str(arguments["name"]))
        return None if arguments["price"] == before["price"] else now == arguments["price"]

    def tools(self) -> tuple[Tool, ...]:
        return (tool(risk="change", before=self.before, undo=self.undo, applied=self.applied)(self.set_price),)

    def costs(self, **wanted: int) -> Callable[[], Report]:
        """A check with a reading a price."""

        def look() -> Report:
            return Report(readings=tuple(self._reading(name, price) for name, price in wanted.items()))

        return look

    def _reading(self, name: str, price: int) -> Reading:
        now = self.prices.get(name)
        return Reading(
            probe=f"{name} costs {price}", reach=Reach.RIGHT if now == price else Reach.WRONG, detail=f"{now}"
        )


def setting(name: str, price: int) -> Step:
    return Step(tool="set_price", arguments={"name": name, "price": price})


def plan(*steps: Step) -> Plan:
    return Plan(cause="a wrong price", steps=steps)
