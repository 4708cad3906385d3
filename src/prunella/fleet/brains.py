"""`[brains]`: who thinks, by role, and what their thoughts cost."""

from prunella.domain.service import BrainsSpec
from prunella.domain.usage import Price
from prunella.fleet.table import Table
from prunella.nearest import likeness

ROLES = ("act", "judge", "summarise")


def brains_of(table: Table) -> BrainsSpec:
    """The brains as written; without a ladder it is the reflex rung alone."""
    table.refuse_unknown("ladder", *ROLES, "prices")
    rungs = _names(table, "ladder", '["reflex", "openai:gpt-5"]')
    if table.values.get("ladder") == []:
        table.note("ladder", "`ladder` is empty.", 'Write ladder = ["reflex"].')
    roles = {role: _models(table, role) for role in ROLES}
    return BrainsSpec(ladder=rungs or ("reflex",), prices=_prices(table.table("prices")), **roles)


def _names(table: Table, key: str, example: str) -> tuple[str, ...]:
    names = table.texts(key, example)
    for name in names:
        if name != "reflex" and ":" not in name and likeness(name, "reflex") >= 0.7:
            table.note_item(key, name, f'There is no brain "{name}".', "Did you mean reflex?")
        if names.count(name) > 1:
            table.note_item(key, name, f'"{name}" is there twice.', "Name each brain once.")
    return names


def _models(table: Table, role: str) -> tuple[str, ...]:
    names = _names(table, role, '["ollama:qwen3:4b"]')
    if "reflex" in names:
        table.note_item(role, "reflex", f"The reflex rung cannot {role}.", "Name a chat model.")
    return names


def _prices(table: Table) -> dict[str, Price]:
    """By model, in dollars per million tokens."""
    prices = dict[str, Price]()
    for model in table.values:
        entry = table.table(model, f'Write "{model}" = {{ input = 0.25, output = 2.0 }}.')
        entry.refuse_unknown("input", "output")
        for key in ("input", "output"):
            entry.require(key, "0.25")
        prices[model] = Price(input=entry.number("input", 0.0), output=entry.number("output", 0.0))
    return prices
