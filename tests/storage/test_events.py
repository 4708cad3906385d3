import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.domain.run import Event, EventKind
from prunella.storage.events import EventFile, event_path, read_events


def _event(number: int, text: str = "said") -> Event:
    return Event(run="a", at=float(number), kind=EventKind.NOTE, node="n", text=text, data={"number": number})


def _written(folder: Path, *events: Event) -> Path:
    file = EventFile(folder, "a")
    for event in events:
        file.emit(event)
    file.close()
    return event_path(folder, "a")


def test_events_come_back_in_order_from_a_private_file(tmp_path: Path):
    events = (_event(1), _event(2, "two\nlines \u2028 and \udcff"), _event(3))
    path = _written(tmp_path, *events)
    assert read_events(tmp_path, "a") == events
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [json.loads(line)["at"] for line in path.read_text().splitlines()] == [1.0, 2.0, 3.0]


def test_an_event_can_be_read_as_soon_as_it_was_emitted(tmp_path: Path):
    file = EventFile(tmp_path, "a")
    file.emit(_event(1))
    assert read_events(tmp_path, "a") == (_event(1),)
    file.close()
    file.close()


def test_a_resumed_run_adds_to_its_file(tmp_path: Path):
    _written(tmp_path, _event(1))
    _written(tmp_path, _event(2))
    assert read_events(tmp_path, "a") == (_event(1), _event(2))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_wherever_a_crash_tears_the_file_whole_events_survive(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    folder = tmp_path_factory.mktemp("torn")
    path = _written(folder, _event(1), _event(2))
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    kept = tuple(_event(n) for n in (1, 2) if cut >= len(whole) * n // 2 - 1)
    assert read_events(folder, "a") == kept
    _written(folder, _event(3))
    assert read_events(folder, "a") == (*kept, _event(3))


def test_lines_that_are_no_events_are_left_out(tmp_path: Path):
    path = _written(tmp_path, _event(1))
    with path.open("ab") as file:
        file.write(b'\n{}\nnull\n\xff\xfe\n{"run": "a"}\n')
    assert read_events(tmp_path, "a") == (_event(1),)


def test_a_run_without_a_file_has_no_events(tmp_path: Path):
    assert read_events(tmp_path, "a") == ()


def test_a_file_that_cannot_be_written_costs_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "runs").write_text("a file in its place")
    file = EventFile(tmp_path, "a")
    for number in range(3):
        file.emit(_event(number))
    assert capsys.readouterr().err.count("\n") == 1


def test_a_full_disk_costs_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "runs").mkdir()
    event_path(tmp_path, "a").symlink_to("/dev/full")
    file = EventFile(tmp_path, "a")
    for number in range(3):
        file.emit(_event(number))
    file.close()
    captured = capsys.readouterr().err
    assert captured.count("\n") == 1
    assert "No space left on device" in captured


def test_what_streams_by_while_a_model_speaks_is_not_kept(tmp_path: Path):
    piece = _event(2).model_copy(update={"kind": EventKind.TOKENS})
    _written(tmp_path, _event(1), piece, _event(3))
    assert read_events(tmp_path, "a") == (_event(1), _event(3))
