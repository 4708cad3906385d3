"""All agents stand still."""

from prunella.domain.frozen import Frozen


class Pause(Frozen):
    """Who stopped all agents, when (seconds since the epoch), and why ("": no reason was given)."""

    by: str
    at: float
    reason: str = ""

    def __str__(self) -> str:
        """As a clause: `paused by ann (moving the database)`."""
        return f"paused by {self.by}" + (f" ({self.reason})" if self.reason else "")
