"""Stand-ins for a human."""

from prunella.domain.ruling import ApprovalRequest, Decision


class Nobody:
    """There is no one to ask, and no one means no."""

    def __init__(self, why: str = "nobody is there to ask") -> None:
        self._why = why

    async def decide(self, request: ApprovalRequest) -> Decision:
        return Decision(approved=False, plan=request.plan.key, by="nobody", reason=self._why, final=True)


class Always:
    """Whoever started the run said yes to all that is asked about, but for guards that would be weaker: that takes a
    yes to the very one.
    """

    def __init__(self, by: str) -> None:
        self._by = by

    async def decide(self, request: ApprovalRequest) -> Decision:
        if request.downgrades:
            weaker = "; ".join(str(each) for each in request.downgrades)
            why = f"a yes to everything is none to a weaker guard ({weaker})"
            return Decision(approved=False, plan=request.plan.key, by=self._by, reason=why)
        return Decision(approved=True, plan=request.plan.key, by=self._by)
