"""The pause outlives everybody, and nothing but a resume ends it."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from prunella.domain.pause import Pause
from prunella.errors import Misuse
from prunella.storage.pause import PauseFile

ANN = Pause(by="ann", at=5.0, reason="moving the database")

_RACE = """
import sys
from pathlib import Path
from prunella.domain.pause import Pause
from prunella.storage.pause import PauseFile
sys.stdin.readline()
print(PauseFile(Path(sys.argv[1])).stop(Pause(by=sys.argv[2], at=1.0)).by)
"""

_FLAP = """
import sys
from pathlib import Path
from prunella.domain.pause import Pause
from prunella.storage.pause import PauseFile
switch = PauseFile(Path(sys.argv[1]))
for _ in range(60):
    switch.stop(Pause(by="ann", at=1.0, reason="moving"))
    switch.resume()
"""


def test_nothing_is_paused_at_first(tmp_path: Path):
    assert PauseFile(tmp_path).pause() is None


def test_it_stands_for_everybody_until_it_is_resumed(tmp_path: Path):
    assert PauseFile(tmp_path).stop(ANN) == ANN
    assert PauseFile(tmp_path).pause() == ANN
    assert PauseFile(tmp_path).resume() == ANN
    assert PauseFile(tmp_path).pause() is None
    assert PauseFile(tmp_path).resume() is None


def test_the_first_who_pauses_stays_the_one_who_did(tmp_path: Path):
    PauseFile(tmp_path).stop(ANN)
    assert PauseFile(tmp_path).stop(Pause(by="bob", at=9.0)) == ANN
    assert PauseFile(tmp_path).pause() == ANN


def test_of_many_who_pause_at_once_all_see_the_same_one(tmp_path: Path):
    names = [f"p{number}" for number in range(3)]
    rivals = [
        subprocess.Popen(
            [sys.executable, "-c", _RACE, str(tmp_path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in names
    ]
    for rival in rivals:
        assert rival.stdin
        rival.stdin.write("go\n")
        rival.stdin.flush()
    said = {rival.communicate(timeout=20)[0].strip() for rival in rivals}
    pause = PauseFile(tmp_path).pause()
    assert pause is not None
    assert said == {pause.by}


@pytest.mark.parametrize("content", [b"", b"{", b'{"by": "ann"}', b"\xff\xfe"])
def test_one_that_cannot_be_read_still_stops_all(tmp_path: Path, content: bytes):
    (tmp_path / "paused.json").write_bytes(content)
    pause = PauseFile(tmp_path).pause()
    assert pause is not None
    assert "cannot be read" in pause.reason
    assert PauseFile(tmp_path).resume() == pause
    assert PauseFile(tmp_path).pause() is None


def test_it_is_for_its_owner_only_and_leaves_nothing_beside_it(tmp_path: Path):
    PauseFile(tmp_path).stop(ANN)
    PauseFile(tmp_path).stop(ANN)
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path):
    with pytest.raises(Misuse, match="agents were not stopped"):
        PauseFile(tmp_path / "gone").stop(ANN)


def test_it_is_whole_or_not_there_whenever_somebody_looks(tmp_path: Path):
    """A reader that looks all the while never sees half of it."""
    switch, seen = PauseFile(tmp_path), set[str]()
    writer = subprocess.Popen([sys.executable, "-c", _FLAP, str(tmp_path)])
    while writer.poll() is None:
        pause = switch.pause()
        seen.add(pause.reason if pause else "none")
    assert writer.returncode == 0
    assert seen == {"moving", "none"}
