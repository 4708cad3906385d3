"""How far one plan may reach: changes an hour, services at once, bytes and rows written."""

from collections.abc import Iterator
from dataclasses import dataclass

from prunella.domain.ruling import Ruling, Scope
from prunella.domain.service import PolicySpec
from prunella.fleet.wording import rule_text
from prunella.policy.places import Places
from prunella.policy.weighing import Weighed, allow, deny


@dataclass(frozen=True)
class Limit:
    """`wanted` of this plan, on top of what was `used` before; None for no limit."""

    key: str
    most: int | None
    wanted: int
    what: str
    used: int = 0
    instead: str = "Plan less at once"


def limits_of(spec: PolicySpec, scope: Scope) -> tuple[Limit, ...]:
    """Each limit beside what the plan wants of it."""
    services, wait = len(set(scope.services)), "Wait"
    return (
        Limit(
            "max_changes_per_hour", spec.max_changes_per_hour, scope.steps, "changes within an hour",
            scope.changes_last_hour, wait,
        ),
        Limit("max_services", spec.max_services, services, "services at once"),
        Limit("max_bytes", spec.max_bytes, scope.written_bytes, "bytes written"),
        Limit("max_rows", spec.max_rows, scope.rows, "rows changed"),
    )  # fmt: skip


def weigh_reach(spec: PolicySpec, scope: Scope, places: Places) -> Iterator[Weighed]:
    """A limit denies what would go beyond it; what wants nothing of it passes."""
    for limit in limits_of(spec, scope):
        rule = rule_text(limit.key, limit.most) if limit.most is not None else f"{limit.key}: none"
        place = places.place(rule) if places.has(rule) else "default"
        yield Weighed(rule, place, _ruling(limit, place, places))


def _ruling(limit: Limit, place: str, places: Places) -> Ruling:
    after = limit.used + limit.wanted
    if limit.most is None or limit.wanted <= 0 or after <= limit.most:
        return allow(f"{max(after, 0):,} of {'any' if limit.most is None else f'{limit.most:,}'} {limit.what}.")
    counted = f"{limit.used:,} done and {limit.wanted:,} more" if limit.used else f"{limit.wanted:,}"
    told = f"{limit.key} = {limit.most} ({'the default' if place == 'default' else place})"
    return deny(
        f"{counted} {limit.what} would be over {told}. {limit.instead}, or raise it in [policy] of {places.path}."
    )
