"""Files are written all or nothing and put back as they were: bytes, mode, owner, link."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prunella.configs.files import MAX_BYTES, decode, read_bytes, restore, state_of, sweep, write_atomically
from prunella.configs.temporary import TEMPORARY_PREFIX
from prunella.domain.setting import FileState
from prunella.errors import Misuse, Rejected

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="owners can be changed by root only")


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that every user may write in."""
    path = Path(tempfile.mkdtemp(prefix="prunella-test-"))
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def as_nobody(deed: Callable[[], object]) -> str:
    """What a user without rights is told; "" when it was done."""
    if os.geteuid() != 0:
        return said_by(deed)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(writer, said_by(deed).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader, "rb") as pipe:
        return pipe.read().decode()


def said_by(deed: Callable[[], object]) -> str:
    try:
        deed()
    except Rejected as refusal:
        return str(refusal)
    return ""


def python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True)


def left_over(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(TEMPORARY_PREFIX)]


@settings(max_examples=60, deadline=None)
@given(data=st.one_of(st.binary(max_size=40), st.text(max_size=20).map(lambda text: text.encode("utf-8", "ignore"))))
def test_every_text_encodes_to_the_bytes_that_it_was(data: bytes):
    try:
        text = decode(data)
    except Rejected:
        assert b"\0" in data or data[:2] in (b"\xff\xfe", b"\xfe\xff")
    else:
        assert text.encode(text.text) == data
        assert not text.bom or text.encoding == "utf-8"


def test_a_bom_is_no_part_of_the_text():
    text = decode(b"\xef\xbb\xbfA=1\r\n")
    assert (text.text, text.bom) == ("A=1\r\n", True)
    assert text.encode("A=2\r\n") == b"\xef\xbb\xbfA=2\r\n"


def test_a_letter_that_the_encoding_lacks_is_refused():
    with pytest.raises(Rejected, match="latin-1"):
        decode(b"n=\xe4\n").encode("n=\u20ac\n")


@pytest.mark.parametrize("data", [b"a\0b", b"\xff\xfea\0", b"\xfe\xff\0a"])
def test_what_is_no_text_is_refused(data: bytes):
    with pytest.raises(Rejected):
        decode(data)


def test_bad_paths_get_one_clear_message(folder: Path):
    (folder / "big").write_bytes(b"x" * (MAX_BYTES + 1))
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    for name, words in {
        "missing": "No such file",
        "": "is a folder",
        "big": "8388609 bytes",
        "pipe": "no plain file",
        "loop": "symbolic link",
        "big/below": "Not a directory",
    }.items():
        with pytest.raises(Rejected, match=words) as refusal:
            read_bytes(folder / name)
        assert str(folder / name) in str(refusal.value)


def test_an_unreadable_file_is_named(folder: Path):
    path = folder / "secret"
    path.write_text("x")
    path.chmod(0)
    assert "Permission denied" in as_nobody(lambda: read_bytes(path))
    assert "Permission denied" in as_nobody(lambda: state_of(path))


def test_the_state_is_that_of_the_real_file(tmp_path: Path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"A=1")
    real.chmod(0o640)
    link.symlink_to("real")
    assert state_of(link).model_copy(update={"path": real, "link": None}) == state_of(real)
    assert state_of(link).link == "real"
    assert state_of(real).mode == 0o640
    assert not state_of(tmp_path / "none").exists
    link.rename(tmp_path / "other")
    real.unlink()
    assert state_of(tmp_path / "other") == FileState(path=tmp_path / "other", exists=True, link="real")


@pytest.mark.parametrize("mode", [0o400, 0o444, 0o600, 0o644, 0o755])
def test_mode_and_link_survive_a_write(tmp_path: Path, mode: int):
    (tmp_path / "sub").mkdir()
    real, link = tmp_path / "sub/real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(mode)
    link.symlink_to("sub/real")
    write_atomically(link, b"new")
    assert link.readlink() == Path("sub/real")
    assert real.read_bytes() == b"new"
    assert real.stat().st_mode & 0o7777 == mode
    assert left_over(tmp_path) == left_over(tmp_path / "sub") == []


@needs_root
def test_the_owner_survives_a_write(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o4750)
    os.chown(path, NOBODY, NOBODY)
    path.chmod(0o4750)
    write_atomically(path, b"new")
    facts = path.stat()
    assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o7777) == (NOBODY, NOBODY, 0o4750)


@needs_root
def test_an_owner_that_cannot_be_kept_stops_the_write(folder: Path):
    path = folder / "file"
    path.write_bytes(b"old")
    path.chmod(0o666)
    assert "belongs to 0:0" in as_nobody(lambda: write_atomically(path, b"new"))
    assert (path.read_bytes(), left_over(folder)) == (b"old", [])


def test_a_folder_without_rights_is_refused(folder: Path):
    path = folder / "file"
    path.write_bytes(b"old")
    folder.chmod(0o555)
    assert "as it was" in as_nobody(lambda: write_atomically(path, b"new"))
    folder.chmod(0o777)
    assert path.read_bytes() == b"old"


def test_hard_links_are_not_parted(tmp_path: Path):
    (tmp_path / "one").write_bytes(b"old")
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    with pytest.raises(Rejected, match="2 hard links"):
        write_atomically(tmp_path / "one", b"new")
    assert (tmp_path / "two").read_bytes() == b"old"


def test_a_new_file_gets_what_the_umask_leaves(tmp_path: Path):
    (tmp_path / "usual").write_bytes(b"")
    write_atomically(tmp_path / "new", b"x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    code = """
import resource, sys
from pathlib import Path
from prunella.configs.files import write_atomically
from prunella.errors import Rejected
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(Path(sys.argv[1]), b"x" * 5000)
except Rejected as refusal:
    print(refusal)
"""
    said, _ = python(code, str(path)).communicate(timeout=20)
    assert "as it was" in said
    assert (path.read_bytes(), left_over(tmp_path)) == (b"old", [])


def test_a_kill_leaves_the_old_file_or_the_new(tmp_path: Path):
    path = tmp_path / "file"
    contents = {letter * 400_000 for letter in (b"a", b"b")}
    path.write_bytes(b"a" * 400_000)
    code = """
import sys
from pathlib import Path
from prunella.configs.files import write_atomically
print("ready", flush=True)
while True:
    for letter in (b"b", b"a"):
        write_atomically(Path(sys.argv[1]), letter * 400_000)
"""
    for _ in range(3):
        writer = python(code, str(path))
        assert writer.stdout
        assert writer.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0, 0.05))
        writer.kill()
        writer.wait(10)
        writer.stdout.close()
        assert path.read_bytes() in contents
    sweep(tmp_path)
    assert left_over(tmp_path) == []


def test_only_a_dead_writers_file_is_swept(tmp_path: Path):
    code = """
import os, sys
from pathlib import Path
from prunella.configs.temporary import temporary_file
with temporary_file(Path(sys.argv[1]), 0o600) as (descriptor, path):
    os.write(descriptor, b"half")
    print(path.name, flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        name = writer.stdout.readline().strip()
        (tmp_path / "mine").write_text("x")
        assert sweep(tmp_path) == ()
        writer.send_signal(signal.SIGKILL)
        writer.wait(10)
    assert sweep(tmp_path) == (tmp_path / name,)
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine"]


SHAPES = st.sampled_from(["missing", "file", "link", "dangling"])
MODES = st.sampled_from([0o600, 0o644, 0o444, 0o755])


def shape(folder: Path, kind: str, data: bytes, mode: int) -> None:
    """Put a file of that kind at `file`."""
    for entry in folder.iterdir():
        entry.unlink()
    path, target = folder / "file", folder / f"target-{kind}"
    if kind in ("link", "dangling"):
        path.symlink_to(target.name)
    if kind in ("link", "file"):
        real = target if kind == "link" else path
        real.write_bytes(data)
        real.chmod(mode)


@settings(max_examples=40, deadline=None)
@given(
    before=SHAPES, after=SHAPES, old=st.binary(max_size=20), new=st.binary(max_size=20), modes=st.tuples(MODES, MODES)
)
def test_what_was_there_can_be_put_back(before: str, after: str, old: bytes, new: bytes, modes: tuple[int, int]):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "file"
        shape(folder, before, old, modes[0])
        state = state_of(path)
        data = old if state.sha256 else None
        shape(folder, after, new, modes[1])
        restore(path, data, state)
        assert state_of(path) == state
        assert state.sha256 == "" or path.read_bytes() == old
        assert left_over(folder) == []
        inode = path.lstat().st_ino if state.exists else 0
        restore(path, data, state)
        assert not state.exists or path.lstat().st_ino == inode


@needs_root
def test_an_owner_is_put_back(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"x")
    os.chown(path, NOBODY, NOBODY)
    state = state_of(path)
    os.chown(path, 0, 0)
    restore(path, b"x", state)
    assert state_of(path) == state


def test_bytes_of_another_state_are_refused(tmp_path: Path):
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with pytest.raises(Misuse):
        restore(path, b"y", state_of(path))
