"""Files that an operator declared disposable: which ones go, where they are kept, and how they come back."""

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunella.domain.ruling import Permission
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.protocols import Toolbox
from prunella.tools.packs.discarding import KEPT
from prunella.world.provenance import FleetProvenance
from tests.world.yard import Yard, call, carry_out, found, has_applied, prepare, take_back

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts disks and gives files away: run as root")
FLEET = """
[service.redis]
disposable = ["spool/*.tmp", "spool/deep/**/core.*"]
probes = [{ tcp = "127.0.0.1:1" }]
"""
STEP = call("files.discard", path="spool/a.tmp")
JUNK = os.urandom(3000) + bytes(1_000_000) + b"end"


class Spool:
    """A folder with junk that is old enough to go."""

    def __init__(self, yard: Yard) -> None:
        self.folder, self.top = yard.folder / "spool", yard.folder
        self.folder.mkdir(exist_ok=True)
        yard.write("precious.txt", "mine")
        self.world = yard.world(yard.fleet(FLEET))
        self.tools: Toolbox = yard.tools(self.world)
        self.kept = self.world.state_folder / KEPT

    def put(self, name: str, data: bytes = JUNK) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    async def asks(self) -> str:
        spec, prepared = found(self.tools, STEP).spec, await prepare(self.tools, STEP)
        ruling = await FleetProvenance(self.world, "").rule(STEP, spec, prepared)
        return "" if ruling.permission is Permission.ALLOW else ruling.reason


def settle() -> None:
    """Until nothing that was written so far is young any more."""
    time.sleep(2.05 if os.geteuid() == 0 else 0)


@pytest.fixture
def spool(yard: Yard) -> Spool:
    return Spool(yard)


@pytest.fixture
def full(spool: Spool) -> Iterator[Spool]:
    """The spool is a small disk of its own, full to the last byte of `a.tmp` and `b.tmp`."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(spool.folder)], check=True)
    try:
        path = spool.put("a.tmp")
        path.chmod(0o604)
        os.chown(path, 12345, 54321)
        os.utime(path, ns=(1_500_000_000_123_456_789, 1_600_000_000_987_654_321))
        with (spool.folder / "b.tmp").open("wb", buffering=0) as rest:
            try:
                while rest.write(bytes(4096)):
                    pass
            except OSError:
                pass
        settle()
        yield spool
    finally:
        subprocess.run(["umount", "-l", str(spool.folder)], check=True)


def picture(path: Path) -> tuple[bytes, int, int, int, int]:
    facts = path.lstat()
    return path.read_bytes(), facts.st_mode, facts.st_uid, facts.st_gid, facts.st_mtime_ns


def rejected(spool: Spool) -> Iterator[Path]:
    """What no word of the operator covers."""
    yield spool.top / "precious.txt"
    yield spool.put("a.log")
    yield spool.put("other/a.tmp")


@NEEDS_ROOT
async def test_on_a_full_disk_it_goes_and_comes_back_exactly(full: Spool) -> None:
    path = full.folder / "a.tmp"
    before, free = picture(path), os.statvfs(full.folder).f_bavail
    assert free == 0
    assert await full.asks() == ""
    prepared = await carry_out(full.tools, STEP)
    assert prepared.reversible
    assert not path.exists()
    assert os.statvfs(full.folder).f_bavail * 4096 > 1_000_000
    (copy,) = full.kept.iterdir()
    assert picture(copy) == before
    assert await has_applied(full.tools, STEP, prepared) is True
    for _ in range(2):
        await take_back(full.tools, STEP, prepared)
        assert picture(path) == before
        assert sorted(each.name for each in full.folder.iterdir()) == ["a.tmp", "b.tmp"]
    assert await has_applied(full.tools, STEP, prepared) is False
    assert not list(full.kept.iterdir()), "nothing is left of it"


@NEEDS_ROOT
async def test_after_a_crash_between_copy_and_removal_it_was_not_done(full: Spool) -> None:
    prepared = await carry_out(full.tools, STEP)
    (copy,) = full.kept.iterdir()
    whole = copy.read_bytes()
    await take_back(full.tools, STEP, prepared)
    copy.write_bytes(whole)
    before = picture(full.folder / "a.tmp")
    assert await has_applied(full.tools, STEP, prepared) is False
    await take_back(full.tools, STEP, prepared)
    assert picture(full.folder / "a.tmp") == before
    assert not copy.exists()


@NEEDS_ROOT
async def test_where_another_file_has_its_name_both_stay(full: Spool) -> None:
    prepared = await carry_out(full.tools, STEP)
    full.put("a.tmp", b"new")
    assert await has_applied(full.tools, STEP, prepared) is None
    with pytest.raises(Conflict, match="is another file now"):
        await take_back(full.tools, STEP, prepared)
    assert (full.folder / "a.tmp").read_bytes() == b"new"
    assert list(full.kept.iterdir())


@NEEDS_ROOT
async def test_without_room_it_does_not_come_back_and_without_a_copy_neither(full: Spool) -> None:
    prepared = await carry_out(full.tools, STEP)
    left = os.statvfs(full.folder)
    full.put("rest.log", os.urandom(left.f_bavail * left.f_frsize))
    with pytest.raises(Irrecoverable, match="No space left"):
        await take_back(full.tools, STEP, prepared)
    assert not [each for each in full.folder.iterdir() if each.name.startswith(".")], "no draft is left"
    (copy,) = full.kept.iterdir()
    copy.unlink()
    assert await has_applied(full.tools, STEP, prepared) is None
    with pytest.raises(Irrecoverable, match="no copy"):
        await take_back(full.tools, STEP, prepared)


@NEEDS_ROOT
async def test_holes_stay_holes(full: Spool) -> None:
    path = full.folder / "a.tmp"
    path.unlink()
    with path.open("wb") as file:
        file.seek(50_000_000)
        file.write(b"end")
        file.truncate(90_000_000)
    settle()
    before = (path.stat().st_size, path.stat().st_blocks)
    prepared = await carry_out(full.tools, STEP)
    (copy,) = full.kept.iterdir()
    assert copy.stat().st_blocks < 1000
    await take_back(full.tools, STEP, prepared)
    assert (path.stat().st_size, path.stat().st_blocks) == before
    with path.open("rb") as file:
        file.seek(49_999_999)
        assert file.read(5) == b"\0end\0"


@NEEDS_ROOT
async def test_without_another_disk_it_is_gone_for_good(spool: Spool) -> None:
    path = spool.put("a.tmp")
    settle()
    prepared = await carry_out(spool.tools, STEP)
    assert (prepared.reversible, "gone for good" in prepared.difference) == (False, True)
    assert not path.exists()
    assert not spool.kept.exists()
    assert await has_applied(spool.tools, STEP, prepared) is True


@NEEDS_ROOT
async def test_a_glob_over_folders_takes_what_lies_deep(spool: Spool) -> None:
    path = spool.put("deep/er/core.7")
    settle()
    await carry_out(spool.tools, call("files.discard", path=str(path)))
    assert not path.exists()


async def test_what_nobody_declared_stays(spool: Spool) -> None:
    paths = tuple(rejected(spool))
    settle()
    for path in paths:
        with pytest.raises(Rejected, match="disposable"):
            await prepare(spool.tools, call("files.discard", path=str(path)))
        assert path.exists()


@NEEDS_ROOT
async def test_what_is_open_or_linked_or_no_file_stays(spool: Spool) -> None:
    one, two = spool.put("a.tmp"), spool.put("b.tmp")
    (spool.folder / "c.tmp").symlink_to(spool.top / "precious.txt")
    (spool.folder / "d.tmp").mkdir()
    os.link(two, spool.folder / "second name")
    settle()
    with one.open("ab"), pytest.raises(Rejected, match=f"is open in process {os.getpid()}"):
        await prepare(spool.tools, STEP)
    for name in ("b.tmp", "c.tmp", "d.tmp"):
        with pytest.raises(Rejected, match="no plain file with one name"):
            await prepare(spool.tools, call("files.discard", path=f"spool/{name}"))
    await prepare(spool.tools, STEP)


async def test_what_was_written_just_now_stays(spool: Spool) -> None:
    os.utime(spool.put("a.tmp"), (1, 1))
    with pytest.raises(Rejected, match="a moment ago"):
        await prepare(spool.tools, STEP)


async def test_a_link_on_the_way_leads_nowhere(spool: Spool) -> None:
    elsewhere = spool.top / "elsewhere"
    spool.folder.rename(elsewhere)
    spool.folder.symlink_to(elsewhere)
    (elsewhere / "a.tmp").write_bytes(JUNK)
    settle()
    with pytest.raises(Rejected, match="by a link"):
        await prepare(spool.tools, STEP)
    assert not (await spool.tools.call(STEP)).ok
    assert (elsewhere / "a.tmp").exists()
