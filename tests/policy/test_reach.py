from pathlib import Path

import pytest

from prunella.domain.ruling import Autonomy, Permission, Ruling, Scope
from prunella.domain.service import PolicySpec
from prunella.policy.rules import Rules

FLEET = Path("/srv/shop/prunella.toml")
USUAL = PolicySpec()


def ruled(scope: Scope, spec: PolicySpec = USUAL) -> Ruling:
    return Rules(spec, Autonomy.AUTO, FLEET).rule_plan(scope)


@pytest.mark.parametrize(
    ("before", "planned", "limit", "permission"),
    [
        (0, 3, 20, Permission.ALLOW),
        (17, 3, 20, Permission.ALLOW),
        (18, 3, 20, Permission.DENY),
        (0, 1, 0, Permission.DENY),
        (30, 0, 20, Permission.ALLOW),
        (999, 999, None, Permission.ALLOW),
    ],
)
def test_an_hour_sees_no_more_than_its_limit(
    before: int, planned: int, limit: int | None, permission: Permission
) -> None:
    scope, spec = Scope(steps=planned, changes_last_hour=before), PolicySpec(max_changes_per_hour=limit)
    assert ruled(scope, spec).permission is permission


@pytest.mark.parametrize(
    ("within", "beyond", "key"),
    [
        ({"services": ("a", "b", "c", "a")}, {"services": ("a", "b", "c", "d")}, "max_services = 3"),
        ({"written_bytes": 1_048_576}, {"written_bytes": 1_048_577}, "max_bytes = 1048576"),
        ({"rows": 1_000}, {"rows": 1_001}, "max_rows = 1000"),
    ],
)
def test_a_plan_reaches_no_further_than_usual(within: dict[str, object], beyond: dict[str, object], key: str) -> None:
    assert ruled(Scope.model_validate({"steps": 1, **within})).permission is Permission.ALLOW
    ruling = ruled(Scope.model_validate({"steps": 1, **beyond}))
    assert (ruling.permission, ruling.final) == (Permission.DENY, False)
    assert f"{key} (the default)" in ruling.reason
    assert f"raise it in [policy] of {FLEET}" in ruling.reason


def test_a_no_says_how_much_and_by_which_line() -> None:
    spec = PolicySpec(max_changes_per_hour=20, lines={"max_changes_per_hour = 20": 12})
    reason = ruled(Scope(steps=3, changes_last_hour=18), spec).reason
    assert "18 done and 3 more changes within an hour" in reason
    assert f"max_changes_per_hour = 20 ({FLEET}:12)" in reason


def test_every_limit_that_is_overrun_is_told_at_once() -> None:
    reason = ruled(Scope(steps=21, services=("a", "b", "c", "d"), rows=5_000)).reason
    assert "max_changes_per_hour" in reason
    assert "max_services" in reason
    assert "max_rows" in reason
    assert "max_bytes" not in reason
