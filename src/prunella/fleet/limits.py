"""`[limits]`: what a run may spend, and all runs of the fleet in a day."""

from prunella.domain.run import Limits
from prunella.fleet.table import Table


def limits_of(table: Table) -> Limits:
    """The limits as written; what is left out is as usual."""
    table.refuse_unknown(*Limits.model_fields)
    usual = Limits()
    return Limits(
        attempts=table.whole("attempts", usual.attempts, 1, 10),
        plans=table.whole("plans", usual.plans, 1),
        steps=table.whole("steps", usual.steps, 1),
        seconds=table.seconds("seconds", usual.seconds),
        tokens=table.whole("tokens", usual.tokens, 0),
        dollars=table.number("dollars", usual.dollars),
        attempts_per_day=_whole_or_none(table, "attempts_per_day"),
        plans_per_day=_whole_or_none(table, "plans_per_day"),
        steps_per_day=_whole_or_none(table, "steps_per_day"),
        seconds_per_day=table.seconds("seconds_per_day", 1) if "seconds_per_day" in table.values else None,
        tokens_per_day=_whole_or_none(table, "tokens_per_day"),
        dollars_per_day=table.number("dollars_per_day", usual.dollars_per_day or 0.0),
    )


def _whole_or_none(table: Table, key: str) -> int | None:
    return table.whole(key, 1, 0) if key in table.values else None
