"""When a look is believed: windows, flapping, late recoveries, deadlines; on a clock of the test's own."""

from collections.abc import Iterator
from itertools import chain, repeat

import pytest

from prunella.domain.report import Reach, Reading, Report
from prunella.errors import Lost, Misuse
from prunella.healing.context import Patience
from prunella.healing.looking import look, watch
from prunella.testing.clock import FakeClock

PAUSE_S = 0.1


class Scripted:
    """A check that is green for `+`, red for `-`, still starting for `.`; the last one for ever."""

    def __init__(self, answers: str) -> None:
        self._answers: Iterator[str] = chain(answers, repeat(answers[-1]))
        self.looks = 0

    def __call__(self) -> Report:
        self.looks += 1
        answer = next(self._answers)
        reach = Reach.RIGHT if answer == "+" else Reach.WRONG
        return Report(readings=(Reading(probe="p", reach=reach, detail="says so"),), settled=answer != ".")


async def watched(answers: str, **patience: float) -> tuple[bool, int, float]:
    """Green or not, after how many looks and seconds."""
    check, clock = Scripted(answers), FakeClock()
    begun = clock.now()
    wanted = Patience(**{"window_s": 1.0, "same_s": 0.3, "deadline_s": 5.0, "pause_s": PAUSE_S} | patience)
    sight = await watch(check, (), None, wanted, clock)
    return sight.report.is_green, check.looks, clock.now() - begun


async def test_green_is_believed_after_the_whole_window() -> None:
    green, _, took = await watched("+")
    assert green
    assert 1.0 <= took < 1.0 + 2 * PAUSE_S


async def test_one_red_look_begins_the_window_again() -> None:
    green, _, took = await watched("+++++-+")
    assert green
    assert took >= 1.0 + 6 * PAUSE_S - 0.001


async def test_a_single_look_decides_nothing() -> None:
    assert (await watched("-+"))[0]
    assert not (await watched("+-", window_s=0.05))[0]
    assert (await watched("+", window_s=0.0))[1] == 2


async def test_settled_red_is_believed_soon() -> None:
    green, _, took = await watched("-")
    assert not green
    assert took < 0.3 + 2 * PAUSE_S


async def test_what_is_still_starting_is_waited_for() -> None:
    green, _, took = await watched("." * 30 + "+")
    assert green
    assert took >= 30 * PAUSE_S


async def test_what_never_starts_ends_at_the_deadline() -> None:
    green, _, took = await watched(".")
    assert not green
    assert 5.0 <= took < 5.0 + 2 * PAUSE_S


async def test_flapping_is_never_green() -> None:
    assert not (await watched("+-" * 100, same_s=9.0))[0]


async def test_green_just_before_the_deadline_is_not_believed() -> None:
    green, looks, _ = await watched("." * 45 + "+")
    assert not green
    assert looks > 45


async def test_a_neighbour_that_got_worse_is_not_good() -> None:
    baseline = Report(readings=(Reading(probe="n", reach=Reach.RIGHT, detail=""),))
    worse = Report(readings=(Reading(probe="n", reach=Reach.SILENT, detail=""),))
    sight = await watch(lambda: True, (lambda: worse,), baseline, Patience(), FakeClock())
    assert not sight.is_good(baseline)


async def test_a_neighbour_that_was_red_before_may_stay_red() -> None:
    red = Report(readings=(Reading(probe="n", reach=Reach.WRONG, detail=""),))
    sight = await watch(lambda: True, (lambda: red,), red, Patience(), FakeClock())
    assert sight.is_good(red)


@pytest.mark.parametrize(("says", "green"), [(True, True), (False, False)])
async def test_a_bool_stands_for_a_reading(says: bool, green: bool) -> None:
    assert (await look(lambda: says)).is_green is green


async def test_a_check_that_raises_is_red_with_its_reason() -> None:
    def broken() -> bool:
        raise KeyError("price list")

    report = await look(broken)
    assert (report.is_green, report.failing[0].detail) == (False, "KeyError: 'price list'")


async def test_no_check_proves_nothing() -> None:
    assert not (await look(None)).is_green


class Steady(Scripted):
    """Says of itself that it does not flap."""

    def __call__(self) -> Report:
        return super().__call__().model_copy(update={"steady": True})


@pytest.mark.parametrize(("window_s", "looks"), [(0.0, 1), (1.0, 11)])
async def test_what_does_not_flap_is_looked_at_once_unless_a_window_is_asked_for(window_s: float, looks: int) -> None:
    check = Steady("+")
    await watch(check, (), None, Patience(window_s=window_s, pause_s=PAUSE_S), FakeClock())
    assert check.looks == pytest.approx(looks, abs=1 if window_s else 0)


@pytest.mark.parametrize("error", [Misuse("no bubblewrap here"), Lost("another process took over")])
async def test_what_makes_every_look_useless_goes_through(error: Exception) -> None:
    def broken() -> bool:
        raise error

    with pytest.raises(type(error)):
        await look(broken)
