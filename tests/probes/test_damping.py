"""When red is an incident."""

from hypothesis import given
from hypothesis import strategies as st

from prunella.domain.report import Reach, Reading
from prunella.probes.damping import Pulse

GOOD = Reading(probe="lamp: http", service="lamp", reach=Reach.RIGHT, detail="200")
BAD = GOOD.model_copy(update={"reach": Reach.NOBODY, "detail": "refused"})


def pulse_of(looks: str, *, apart: float = 1.0, damping_s: float = 3.0) -> Pulse:
    """One look for each letter: `.` for a good one, `x` for a bad one."""
    pulse = Pulse(damping_s)
    for number, look in enumerate(looks):
        pulse.note(GOOD if look == "." else BAD, number * apart)
    return pulse


def test_what_is_red_for_long_enough_is_an_incident():
    assert not pulse_of("...xxx").is_red
    assert pulse_of("...xxxx").is_red
    assert not pulse_of("...xxxx.").is_red


def test_one_bad_look_is_never_enough():
    assert not pulse_of("x", damping_s=0).is_red
    assert pulse_of("xx", damping_s=0).is_red


def test_what_flaps_is_an_incident_as_well():
    assert pulse_of(".x.x.x.").is_red
    assert not pulse_of("..x....x....").is_red
    assert not pulse_of(".x.x.", damping_s=60).is_red


def test_news_is_a_change():
    pulse = Pulse(1)
    assert [pulse.note(each, at) for at, each in enumerate([GOOD, GOOD, BAD, BAD, GOOD])] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_after_something_was_done_it_begins_anew():
    pulse = pulse_of("xxxxxx")
    pulse.forget()
    assert (pulse.is_red, pulse.is_failing, pulse.is_green) == (False, False, False)


@given(st.text(alphabet=".x", max_size=40), st.floats(0, 20))
def test_a_pulse_is_never_red_and_green_and_red_only_when_it_failed(looks: str, damping_s: float):
    pulse = pulse_of(looks, damping_s=damping_s)
    assert not (pulse.is_red and pulse.is_green)
    assert not pulse.is_red or "x" in looks
