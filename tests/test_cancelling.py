"""A deed that has begun is finished; then the cancellation goes on."""

import asyncio

import pytest

from prunella.cancelling import to_the_end


async def test_the_result_comes_through() -> None:
    assert await to_the_end(asyncio.sleep(0, "done")) == "done"


async def test_an_error_comes_through() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await to_the_end(fail())


@pytest.mark.parametrize("times", [1, 3])
async def test_cancelled_however_often_it_ends_first(times: int) -> None:
    done: list[str] = []

    async def deed() -> None:
        await asyncio.sleep(0.05)
        done.append("whole")
        raise ValueError("seen by nobody")

    task = asyncio.ensure_future(to_the_end(deed()))
    for _ in range(times):
        await asyncio.sleep(0.005)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["whole"]
