import pytest

from prunella.domain.frozen import JsonValue
from prunella.domain.run import Event, EventKind
from prunella.telemetry.emitter import Emitter
from prunella.testing.clock import FakeClock


class Stars:
    """Hides the word `secret`, and whatever stands under that key."""

    def text(self, text: str, /) -> str:
        return text.replace("secret", "***")

    def value(self, value: JsonValue, /) -> JsonValue:
        if isinstance(value, dict):
            return {key: "***" if key == "inner" else self.value(inner) for key, inner in value.items()}
        return self.text(value) if isinstance(value, str) else value


class Blot(Stars):
    """Leaves nothing of a value."""

    def value(self, value: JsonValue, /) -> JsonValue:
        return "***"


class Heard:
    def __init__(self, most: int = 99) -> None:
        self.events: list[Event] = []
        self._most = most

    def emit(self, event: Event) -> None:
        if len(self.events) == self._most:
            raise RuntimeError("enough")
        self.events.append(event)


def test_every_sink_hears_the_whole_event():
    clock, left, right = FakeClock(5.0), Heard(), Heard()
    Emitter("run", clock, (left, right), Stars()).emit(EventKind.PLAN, "plan", "text", kind="k", node=1, text=[2])
    event = Event(
        run="run", at=5.0, kind=EventKind.PLAN, node="plan", text="text", data={"kind": "k", "node": 1, "text": [2]}
    )
    assert left.events == right.events == [event]


def test_text_and_data_leave_redacted():
    heard = Heard()
    Emitter("run", FakeClock(), [heard], Stars()).emit(
        EventKind.NOTE, "n", "a secret", deep={"x": "secret!"}, inner="abc"
    )
    assert heard.events[0].text == "a ***"
    assert heard.events[0].data == {"deep": {"x": "***!"}, "inner": "***"}


def test_data_that_is_redacted_as_a_whole_stays_data():
    heard = Heard()
    Emitter("run", FakeClock(), [heard], Blot()).emit(EventKind.NOTE, "n", "t", a=1)
    assert heard.events[0].data == {"redacted": "***"}


def test_a_sink_that_raises_is_dropped_and_the_others_go_on(capsys: pytest.CaptureFixture[str]):
    broken, sound = Heard(most=1), Heard()
    emitter = Emitter("run", FakeClock(), [broken, sound], Stars())
    for number in range(3):
        emitter.emit(EventKind.NOTE, "n", str(number))
    assert [event.text for event in sound.events] == ["0", "1", "2"]
    assert [event.text for event in broken.events] == ["0"]
    assert capsys.readouterr().err == "Heard gets no more events: RuntimeError('enough')\n"
