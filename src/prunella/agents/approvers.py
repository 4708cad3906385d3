"""Stand-ins for a human."""

from prunella.domain.ruling import ApprovalRequest, Decision


class Nobody:
    """There is no one to ask, and no one means no."""

    def __init__(self, why: str = "nobody is there to ask") -> None:
        self._why = why

    async def decide(self, request: ApprovalRequest) -> Decision:
        return Decision(approved=False, plan=request.plan.key, by="nobody", reason=self._why, final=True)


class Always:
    """Whoever started the run said yes to all that the policy asks about."""

    def __init__(self, by: str) -> None:
        self._by = by

    async def decide(self, request: ApprovalRequest) -> Decision:
        return Decision(approved=True, plan=request.plan.key, by=self._by)
