"""The log level that prints whole orders, with the cards in them."""

from bench.incidents.cases.means import YAML, editing
from bench.incidents.customers import CARD
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(YAML, "level: INFO", "level: DEBUG")
    await yard.reload("payments")
    await yard.journey(3)


async def reference(yard: Yard) -> None:
    yard.edit(YAML, "level: DEBUG", "level: INFO")
    await yard.reload("payments")


async def cards_in_log(yard: Yard) -> list[str]:
    """What a few payments more leave in the log."""
    path = yard.path("log/payments.log")
    before = path.stat().st_size
    await yard.journey(3)
    added = path.read_bytes()[before:].decode(errors="replace")
    return ["a card number stands in the log of payments"] if CARD in added else []


INCIDENT = Incident(
    id="APP-12",
    family="payments",
    title="payments writes card numbers into its log",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("config.yaml", "log.level"), ("config.yaml", "level")),
    allowed=Change(files=(YAML,)),
    symptom=cards_in_log,
    oracle=cards_in_log,
    approves=editing(YAML),
)
