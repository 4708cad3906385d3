from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.rehearsal.least import least_failing


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 12), data=st.data())
async def test_it_finds_exactly_the_parts_that_it_takes(size: int, data: st.DataObject):
    needed = data.draw(st.sets(st.integers(0, size - 1), min_size=1))

    async def fails(some: tuple[int, ...]) -> bool:
        return needed <= set(some)

    least = await least_failing(range(size), fails, 1000)
    assert (least.parts, least.is_least) == (tuple(sorted(needed)), True)


@settings(max_examples=60, deadline=None)
@given(size=st.integers(1, 10), data=st.data())
async def test_no_part_of_what_it_finds_can_be_spared(size: int, data: st.DataObject):
    """Also where more than one set fails, or a larger one does not."""
    sets = [frozenset(each) for each in data.draw(st.lists(st.sets(st.integers(0, size - 1), min_size=1), max_size=5))]
    whole = frozenset(range(size))

    def is_failing(some: frozenset[int]) -> bool:
        return some == whole or some in sets

    async def fails(some: tuple[int, ...]) -> bool:
        return is_failing(frozenset(some))

    found = frozenset((await least_failing(range(size), fails, 1000)).parts)
    assert is_failing(found)
    assert len(found) == 1 or not any(is_failing(found - {each}) for each in found)


@given(size=st.integers(2, 12), most=st.integers(0, 5))
@settings(max_examples=30, deadline=None)
async def test_it_never_tries_more_often_than_it_may(size: int, most: int):
    tried: list[tuple[int, ...]] = []

    async def fails(some: tuple[int, ...]) -> bool:
        tried.append(some)
        return {0, size - 1} <= set(some)

    least = await least_failing(range(size), fails, most)
    assert len(tried) <= most
    assert len(set(tried)) == len(tried)
    assert {0, size - 1} <= set(least.parts)
    assert least.is_least or len(tried) == most


async def test_what_comes_too_late_counts_for_nothing():
    late: list[bool] = []

    async def fails(some: tuple[int, ...]) -> bool:
        late.append(True)
        return some == (0,)

    least = await least_failing(range(4), fails, 100, lambda: bool(late))
    assert (least.parts, least.is_least, len(late)) == ((0, 1, 2, 3), False, 1)
