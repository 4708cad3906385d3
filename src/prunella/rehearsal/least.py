"""Delta debugging: which of many differences it takes to make something fail."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")
Numbers = tuple[int, ...]


@dataclass(frozen=True)
class Least(Generic[T]):
    """What is left, in the order of the whole; it fails. `is_least`: no single part of it can be spared."""

    parts: tuple[T, ...]
    is_least: bool


async def least_failing(
    whole: Sequence[T],
    fails: Callable[[tuple[T, ...]], Awaitable[bool]],
    most: int,
    is_late: Callable[[], bool] = lambda: False,
) -> Least[T]:
    """A failing part of `whole`, found with `most` trials at most (ddmin, Zeller and Hildebrandt 2002).

    That the whole fails, and nothing of it does not, is taken as known. `fails` says False for what cannot be told;
    what it says when it `is_late` counts for nothing, and no more is tried.
    """
    kept, count, tried = tuple(range(len(whole))), 2, set[Numbers]()
    while len(kept) > 1:
        smaller = None
        for each in _smaller(kept, count):
            if each in tried:
                continue
            is_failing = len(tried) < most and await fails(tuple(whole[n] for n in each))
            if len(tried) >= most or is_late():
                return Least(tuple(whole[n] for n in kept), is_least=False)
            tried.add(each)
            if is_failing:
                smaller = each
                break
        if smaller is None and count >= len(kept):
            break
        kept, count = _next(kept, count, smaller)
    return Least(tuple(whole[n] for n in kept), is_least=True)


def _next(kept: Numbers, count: int, smaller: Numbers | None) -> tuple[Numbers, int]:
    """Finer cuts when nothing failed; a piece is cut in two again, a rest as finely as before."""
    if smaller is None:
        return kept, min(count * 2, len(kept))
    is_piece = len(smaller) * 2 <= len(kept)
    return smaller, min(2 if is_piece else max(count - 1, 2), len(smaller))


def _smaller(kept: Numbers, count: int) -> Iterator[Numbers]:
    """Each of `count` pieces, then each rest without one."""
    cuts = [len(kept) * n // count for n in range(count + 1)]
    pieces = [kept[begin:end] for begin, end in pairwise(cuts)]
    yield from pieces
    for piece in pieces:
        yield tuple(n for n in kept if n not in piece)
