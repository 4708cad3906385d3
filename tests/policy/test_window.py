import pytest

from prunella.domain.ruling import Permission
from prunella.policy.window import check_rate


@pytest.mark.parametrize(
    ("before", "planned", "limit", "permission"),
    [
        (0, 3, 20, Permission.ALLOW),
        (17, 3, 20, Permission.ALLOW),
        (18, 3, 20, Permission.DENY),
        (0, 1, 0, Permission.DENY),
        (30, 0, 20, Permission.ALLOW),
    ],
)
def test_an_hour_sees_no_more_than_its_limit(before: int, planned: int, limit: int, permission: Permission) -> None:
    assert check_rate(before, planned, limit).permission is permission


def test_a_no_says_how_much_and_which_setting() -> None:
    reason = check_rate(18, 3, 20).reason
    assert "18" in reason
    assert "max_changes_per_hour = 20" in reason
