"""What conformance suites are written with."""

from collections.abc import Awaitable
from typing import TypeVar

Refusal = TypeVar("Refusal", bound=Exception)


class Nonconforming(AssertionError):
    """An adapter does not keep what its protocol promises."""


def require(kept: bool, promise: str) -> None:
    """Raises Nonconforming with the promise that was not kept."""
    if not kept:
        raise Nonconforming(promise)


async def refuses(kind: type[Refusal], call: Awaitable[object]) -> Refusal:
    """The refusal that `call` ends with. Raises Nonconforming when it is accepted; other errors pass through."""
    try:
        accepted = await call
    except kind as refusal:
        return refusal
    raise Nonconforming(f"this must be refused with {kind.__name__}, and was answered with {accepted!r}")
