"""The secrets that a probe needs: fetched for each look, and never part of what it says."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from prunella.errors import Rejected
from prunella.probes.bounded import Answer

Secrets = Callable[[str], Awaitable[str]]
"""From a secret's name to its value; raises Rejected where there is none."""


async def none_known(name: str) -> str:
    raise Rejected(f"The secret {name} is not known here. Declare it in `secrets` of the service.")


async def password_of(name: str, secrets: Secrets) -> str:
    """The value; "" where no secret is named. Raises Rejected."""
    return await secrets(name) if name else ""


def without(password: str, answer: Answer) -> Answer:
    """The same answer, should a server have repeated the password."""
    if not password:
        return answer
    return replace(answer, detail=answer.detail.replace(password, "***"), body=answer.body.replace(password, "***"))
