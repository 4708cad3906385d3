"""How many changes an hour may see."""

from prunella.domain.ruling import Permission, Ruling


def check_rate(changes_last_hour: int, planned: int, limit: int) -> Ruling:
    """Denies a plan of `planned` changes that would take the hour beyond `limit`; a plan of none is allowed."""
    after = changes_last_hour + planned
    if planned <= 0 or after <= limit:
        return Ruling(permission=Permission.ALLOW, reason=f"{max(after, 0)} of {limit} changes this hour.")
    return Ruling(
        permission=Permission.DENY,
        reason=f"{changes_last_hour} changes in the last hour and {planned} more would be over "
        f"max_changes_per_hour = {limit}. Wait, or raise it in the fleet file.",
    )
