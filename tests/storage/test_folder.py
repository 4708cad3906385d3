import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from prunella.errors import Misuse
from prunella.storage.folder import make_private_file, open_folder

_ON_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from prunella.errors import Misuse
from prunella.storage.folder import open_folder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    open_folder(Path(sys.argv[1]))
except Misuse as error:
    print(error)
"""


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o177])
def test_a_new_folder_is_for_its_owner_only(tmp_path: Path, umask: int):
    before = os.umask(umask)
    try:
        folder = open_folder(tmp_path / "state")
    finally:
        os.umask(before)
    assert _mode(folder) == 0o700
    assert list(folder.iterdir()) == []


def test_folders_above_are_made_too(tmp_path: Path):
    assert open_folder(tmp_path / "a" / "b" / "state").is_dir()


def test_a_folder_that_is_there_keeps_its_mode(tmp_path: Path):
    (tmp_path / "shared").mkdir(mode=0o755)
    assert _mode(open_folder(tmp_path / "shared")) == 0o755


def test_a_relative_folder_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert open_folder(Path("state")) == tmp_path / "state"


def test_a_file_in_its_place_is_left_alone(tmp_path: Path):
    (tmp_path / "state").write_text("mine")
    with pytest.raises(Misuse, match=r"state cannot be used: there is a file in its place\. Set PRUNELLA_HOME"):
        open_folder(tmp_path / "state")
    assert (tmp_path / "state").read_text() == "mine"


@pytest.mark.parametrize("place", ["/proc/prunella", "/sys/prunella", "/dev/null/prunella"])
def test_a_place_that_cannot_be_written_is_refused(place: str):
    with pytest.raises(Misuse, match="Set PRUNELLA_HOME to a folder that can be written"):
        open_folder(Path(place))


def test_a_full_disk_is_noticed(tmp_path: Path):
    said = subprocess.run(
        [sys.executable, "-c", _ON_A_FULL_DISK, str(tmp_path)], capture_output=True, text=True, timeout=20, check=True
    )
    assert "cannot be used: File too large. Set PRUNELLA_HOME" in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_private_file_is_created_and_tightened(tmp_path: Path):
    path = tmp_path / "file"
    make_private_file(path)
    assert (_mode(path), path.read_bytes()) == (0o600, b"")
    path.write_text("kept")
    path.chmod(0o664)
    make_private_file(path)
    assert (_mode(path), path.read_text()) == (0o600, "kept")
