import asyncio
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from prunella.domain.probe import DiskProbe
from prunella.domain.report import Reach, Reading
from prunella.probes.aside import Aside
from prunella.probes.disk import DiskLook
from prunella.probes.factory import probe_for


async def look(path: Path, **fields: float) -> Reading:
    return await DiskLook(DiskProbe.model_validate({"name": "disk", "path": path, **fields})).look()


def free_percent(path: Path) -> float:
    usage = os.statvfs(path)
    return 100 * usage.f_bavail / (usage.f_blocks - usage.f_bfree + usage.f_bavail)


async def test_thresholds_around_what_is_really_free(tmp_path: Path):
    free = free_percent(tmp_path)
    assert (await look(tmp_path, free=free - 0.5, inodes=0)).ok
    reading = await look(tmp_path, free=free + 0.5, inodes=0)
    assert reading.reach is Reach.WRONG
    assert reading.detail.startswith(f"less than {free + 0.5:g} % of the space free: ")
    assert re.search(rf"\d+ of \d+ \w+ free \({int(100 - free)} % full\), .* on /", reading.detail)


async def test_inodes_count_by_themselves(tmp_path: Path):
    usage = os.statvfs(tmp_path)
    if not usage.f_files:
        pytest.skip("this file system does not count inodes")
    free = 100 * usage.f_favail / usage.f_files
    assert (await look(tmp_path, free=0, inodes=free - 0.5)).ok
    reading = await look(tmp_path, free=0, inodes=min(100, free + 0.5))
    assert reading.detail.startswith("less than ")
    assert "of the inodes free: " in reading.detail


async def test_a_file_will_do_and_a_link(tmp_path: Path):
    (tmp_path / "data").touch()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert (await look(tmp_path / "link", free=0, inodes=0)).ok


async def test_what_is_not_there_is_nobody(tmp_path: Path):
    reading = await look(tmp_path / "no/data")
    assert (reading.reach, reading.detail) == (
        Reach.NOBODY,
        f"there is no {tmp_path}/no/data; what exists of the way is {tmp_path}",
    )
    (tmp_path / "file").touch()
    assert (await look(tmp_path / "file/data")).reach is Reach.NOBODY


async def test_what_does_not_count_is_never_full():
    assert (await look(Path("/proc"), free=100, inodes=100)).detail == (
        "space without a limit, inodes without a limit on /proc"
    )


@pytest.fixture
def mounted(tmp_path: Path):
    """A file system of 2 MB; what is mounted on top of it goes first."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting needs root and mount")
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,nr_inodes=10", "none", place], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    yield place
    subprocess.run(["umount", "--recursive", place], check=True)


async def test_a_full_disk_and_one_without_inodes(mounted: Path):
    (mounted / "junk").write_bytes(b"x" * 2_050_000)
    reading = await look(mounted)
    assert reading.reach is Reach.WRONG
    assert re.fullmatch(
        r"less than 5 % of the space free: \d\d of 2097 kB free \(9\d % full\), .* 10 inodes free .* on "
        + str(mounted),
        reading.detail,
    )
    (mounted / "junk").unlink()
    for number in range(9):
        (mounted / str(number)).touch()
    reading = await look(mounted)
    assert reading.detail.startswith("less than 2 % of the inodes free: ")
    assert "0 of 10 inodes free (100 % used)" in reading.detail


def mount_again_to_read(part: Path) -> None:
    part.mkdir()
    subprocess.run(["mount", "--bind", part, part], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", part], check=True)


async def test_a_part_that_is_mounted_read_only_is_told(mounted: Path):
    mount_again_to_read(mounted / "data")
    reading = await look(mounted / "data")
    assert reading.reach is Reach.WRONG
    assert reading.detail.startswith("mounted read-only: ")
    assert reading.detail.endswith(f" on {mounted}/data")
    assert (await look(mounted)).ok


async def test_a_call_that_hangs_is_left_alone_and_not_made_again(tmp_path: Path):
    calls: list[float] = []

    def hang() -> str:
        calls.append(time.monotonic())
        time.sleep(0.5)
        return "at last"

    aside = Aside(hang)
    for _ in range(2):
        with pytest.raises(TimeoutError):
            await aside.result(0.05)
    await asyncio.sleep(0)
    assert await aside.result(2) == "at last"
    assert len(calls) == 1
    assert await aside.result(2) == "at last"
    assert len(calls) == 2


async def test_a_call_that_fails_says_so():
    with pytest.raises(ZeroDivisionError):
        await Aside(lambda: 1 // 0).result(2)


async def test_it_is_bounded_and_named_like_the_others(tmp_path: Path):
    reading = await probe_for(DiskProbe(name="disk", path=tmp_path, free=0, inodes=0), "db", None).look()
    assert (reading.probe, reading.service, reading.ok, reading.body) == ("db: disk", "db", True, "")
