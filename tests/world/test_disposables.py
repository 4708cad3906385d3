"""What may go of a full disk: which files, how much they hold, and that nobody else's are named."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunella.domain.facts import DiskFacts, ServerFact
from prunella.domain.service import Service
from prunella.world.disks import disks_of
from prunella.world.disposables import DISPOSABLE, disposable_facts, disposer_of, lying
from prunella.world.fleet_world import FleetWorld
from prunella.world.origins_place import nearby_values
from prunella.world.processes import Processes
from tests.world.yard import Yard, until

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts disks: run as root")
FLEET = """
[service.app]
probes = [{ tcp = "127.0.0.1:1" }]
[service.store]
disposable = ["store/spool/*.tmp", "store/**/core.*"]
probes = [{ tcp = "127.0.0.1:1" }]
"""


def put(folder: Path, name: str, size: int) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bytes(size))
    return path


def service(folder: Path, *globs: str) -> Service:
    return Service(name="store", folder=folder, disposable=tuple(f"{folder}/{each}" for each in globs))


def test_only_plain_files_that_match_are_found_each_once(tmp_path: Path) -> None:
    put(tmp_path, "spool/a.tmp", 1)
    put(tmp_path, "spool/b.log", 1)
    put(tmp_path, "spool/deep/core.1", 1)
    put(tmp_path, "spool/core.2", 1)
    (tmp_path / "spool/c.tmp").symlink_to(tmp_path / "spool/b.log")
    (tmp_path / "spool/d.tmp").mkdir()
    (tmp_path / "spool/elsewhere").symlink_to(tmp_path / "spool/deep")
    found = lying(service(tmp_path, "spool/*.tmp", "spool/**/core.*", "spool/core.2", "gone/*"))
    assert [str(path.relative_to(tmp_path)) for path in found] == ["spool/a.tmp", "spool/core.2", "spool/deep/core.1"]


@pytest.fixture
def full(yard: Yard) -> Iterator[Yard]:
    """The store's folder is a small disk with little left."""
    folder = yard.folder / "store"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], check=True)
    try:
        put(folder, "spool/a.tmp", 400_000)
        put(folder, "deep/core.7", 900_000)
        put(folder, "data", 700_000)
        yield yard
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def told(world: FleetWorld) -> list[ServerFact]:
    facts = await world.facts()
    return [each for picture in facts.services.values() for each in picture.server if each.code == DISPOSABLE]


@NEEDS_ROOT
async def test_what_may_go_is_told_of_all_services_once_nothing_is_young_or_open(full: Yard) -> None:
    world = full.world(full.fleet(FLEET), "app")
    assert await told(world) == []

    async def is_old() -> bool:
        return bool(await told(world))

    await until(is_old)
    found = await told(world)
    store = full.folder / "store"
    assert [each.fields for each in found] == [
        {"path": str(store / "deep/core.7"), "size": "901120", "mount": str(store)},
        {"path": str(store / "spool/a.tmp"), "size": "401408", "mount": str(store)},
    ]
    assert {each.service for each in found} == {"store"}
    with (store / "deep/core.7").open("rb"):
        assert [each.fields["path"] for each in await told(world)] == [str(store / "spool/a.tmp")]
    (store / "data").unlink()
    assert await told(world) == [], "there is room"


@NEEDS_ROOT
def test_a_disk_below_a_folder_that_is_needed_counts(full: Yard) -> None:
    mounts = [disk.mount for disk in disks_of((full.folder,))]
    assert full.folder / "store" in mounts
    assert full.folder / "store" not in [disk.mount for disk in disks_of((full.folder / "data",))]


def test_on_a_disk_with_room_nothing_needs_to_go(tmp_path: Path) -> None:
    path = put(tmp_path, "spool/a.tmp", 5000)
    disk = DiskFacts(mount=Path("/"), total=100, free=50, inodes=0, free_inodes=0)
    own = service(tmp_path, "spool/*.tmp")
    assert disposable_facts(own, (path,), (disk,), Processes()) == ()


async def test_the_operators_word_vouches_for_the_path_and_for_no_other(yard: Yard) -> None:
    (yard.folder / "store/spool").mkdir(parents=True)
    fleet = yard.fleet(FLEET)
    for name, service_name in (
        ("store/spool/a.tmp", "store"),
        ("store/x/core.7", "store"),
        ("store/spool/a.log", None),
    ):
        assert disposer_of(fleet, yard.folder / name) == service_name
        for text in (name, str(yard.folder / name)):
            origins = dict(nearby_values(fleet, text, {}, {}))
            assert list(origins) == ([text] if service_name else [])
