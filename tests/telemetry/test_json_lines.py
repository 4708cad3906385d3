import io
import json
import subprocess
import sys

from prunella.domain.run import Event, EventKind
from prunella.telemetry.json_lines import JsonLines

_TALK = """
import sys
from prunella.domain.run import Event, EventKind
from prunella.telemetry.json_lines import JsonLines
sink = JsonLines(sys.stdout)
for number in range(2000):
    sink.emit(Event(run="r", at=0.0, kind=EventKind.NOTE, node="n", text="x" * 200))
print("lost", flush=True)
print("the run went on", file=sys.stderr)
"""


def _event(text: str) -> Event:
    return Event(run="r", at=1.5, kind=EventKind.NOTE, node="n", text=text, data={"a": [1, None]})


def test_every_event_is_one_line_of_json():
    file = io.StringIO()
    sink = JsonLines(file)
    events = [_event("one"), _event("two\nlines, ü, \u2028 and \udcff")]
    for event in events:
        sink.emit(event)
    assert file.getvalue().isascii()
    assert [Event.model_validate(json.loads(line)) for line in file.getvalue().splitlines()] == events


def test_a_line_is_flushed_at_once():
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, "ascii")
    JsonLines(file).emit(_event("one"))
    assert raw.getvalue().endswith(b"}\n")


def test_a_closed_file_ends_the_sink_only():
    file = io.StringIO()
    sink = JsonLines(file)
    file.close()
    sink.emit(_event("one"))
    sink.emit(_event("two"))


def test_a_reader_that_went_away_does_not_end_the_run():
    command = [sys.executable, "-c", _TALK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout
        assert child.stderr
        assert json.loads(child.stdout.readline())["run"] == "r"
        child.stdout.close()
        assert child.stderr.read() == "the run went on\n"
        assert child.wait(timeout=20) == 0
