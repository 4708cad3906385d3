"""The rules of trust, under every history of heals and relapses."""

from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.lesson import Lesson, Standing
from prunella.memory.standing import Trust, fits, is_expired, is_same, is_void, relapsed
from tests.memory.samples import DAY_S, TROUBLE, lesson

Word = Literal["heal", "relapse", "reshape", "expire"]
HISTORIES = st.lists(st.sampled_from(["heal", "heal", "heal", "relapse", "reshape", "expire"]), max_size=12)
TRUST = Trust()


def live(history: list[Word]) -> Lesson | None:
    """A lesson after one heal and this history; None when it was forgotten."""
    now, shape = 0.0, "s0"
    known = TRUST.first(lesson("r0", 0.0, trouble=TROUBLE.model_copy(update={"shape": shape})))
    for number, word in enumerate(history, 1):
        now += 100 * DAY_S if word == "expire" else 1.0
        shape = f"s{number}" if word == "reshape" else shape
        trouble = TROUBLE.model_copy(update={"shape": shape})
        again = (
            relapsed(known, f"r{number}")
            if word == "relapse"
            else TRUST.again(known, lesson(f"r{number}", now, trouble=trouble))
        )
        if again is None:
            return None
        known = again
    return known


@settings(max_examples=200, deadline=None)
@given(HISTORIES)
def test_a_runbook_has_healed_twice_in_a_row_in_this_shape_and_lately(history: list[Word]) -> None:
    known = live(history)
    if known is None:
        return
    in_a_row = 0
    for word in ["first", *history]:
        in_a_row = {"heal": in_a_row + 1, "relapse": 0}.get(word, 1)
    assert (known.standing is Standing.RUNBOOK) == (in_a_row >= 2)
    assert known.relapses == history.count("relapse")
    assert known.healed == 1 + len(history) - history.count("relapse")
    assert known.expires == known.used + 90 * DAY_S


@settings(max_examples=100, deadline=None)
@given(HISTORIES)
def test_what_failed_more_often_than_it_healed_is_forgotten(history: list[Word]) -> None:
    known = live(history)
    if known is None:
        assert history.count("relapse") > 0
    else:
        assert known.relapses <= known.healed or known.standing is Standing.LESSON
        assert live([*history, *["relapse"] * (known.healed + 2)]) is None  # pyright: ignore[reportArgumentType] (words)


def test_a_relapse_takes_a_runbook_back_and_keeps_it() -> None:
    runbook = TRUST.again(TRUST.first(lesson("r1")), lesson("r2"))
    demoted = relapsed(runbook, "r3")
    assert runbook.standing is Standing.RUNBOOK
    assert demoted is not None
    assert demoted.standing is Standing.LESSON
    assert TRUST.again(demoted, lesson("r3")).standing is Standing.LESSON
    assert TRUST.again(TRUST.again(demoted, lesson("r3")), lesson("r4")).standing is Standing.RUNBOOK


def test_one_run_proves_a_lesson_once() -> None:
    first = TRUST.first(lesson("r1"))
    second = TRUST.again(first, lesson("r2"))
    assert TRUST.again(first, lesson("r1", 5.0)) == first
    assert TRUST.again(second, lesson("r2", 9.0)) == second
    assert TRUST.again(second, lesson("r3")).healed == 3


def test_how_many_heals_and_days_are_enough_can_be_said() -> None:
    trust = Trust(heals=1, days=2.0)
    known = trust.first(lesson("r1", 10.0))
    assert known.standing is Standing.RUNBOOK
    assert not is_expired(known, 10.0 + 2 * DAY_S - 1)
    assert is_expired(known, 10.0 + 2 * DAY_S)


def test_an_older_clock_never_shortens_a_life() -> None:
    known = TRUST.first(lesson("r1", 50.0))
    assert TRUST.again(known, lesson("r2", 10.0)).expires == known.expires


def test_void_is_another_shape_of_the_same_services() -> None:
    known = TRUST.first(lesson())
    reshaped = TROUBLE.model_copy(update={"shape": "b"})
    elsewhere = reshaped.model_copy(update={"services": ("desk",)})
    assert is_void(known, reshaped)
    assert not is_void(known, elsewhere)
    assert is_same(known.trouble, reshaped)
    assert not fits(known, reshaped)
    assert fits(known, TROUBLE)
    for change in ({"fleet": "other"}, {"services": ("desk",)}, {"fingerprint": "ba"}):
        assert not is_same(known.trouble, TROUBLE.model_copy(update=change))
