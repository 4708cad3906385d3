"""Rights, files that lie ready, links and logs, put right so that they can be put back."""

import gzip
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from prunella.domain.plan import Step
from prunella.domain.posture import Posture
from prunella.domain.ruling import Permission
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.policy.posture import downgrades
from prunella.protocols import Toolbox
from prunella.tools.packs.rotation import KEPT
from prunella.world.fleet_world import FleetWorld
from prunella.world.paths import kept_paths
from prunella.world.posture import FleetPosture
from prunella.world.provenance import FleetProvenance
from tests.world.yard import Yard, call, carry_out, found, has_applied, prepare, take_back

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts and gives files away")
FLEET = """
[service.edge]
config = ["edge/edge.env"]
paths = ["site/www", "certs/site.pem", "certs/site.key", "current"]
logs = ["log/edge.log"]
probes = [{ tcp = "127.0.0.1:1" }]
"""


class Place:
    def __init__(self, yard: Yard) -> None:
        self.yard, self.folder = yard, yard.folder
        for name in ("site/www/index.html", "site/other/x", "edge/edge.env", "releases/1/a", "releases/2/a"):
            yard.write(name, "A=1\n")
        yard.write("certs/site.pem", "the old one")
        yard.write("certs/next/site.pem", "the new one")
        yard.write("certs/site.key", "-----BEGIN PRIVATE KEY-----\n").chmod(0o600)
        yard.write("log/edge.log", "first\n")
        yard.write("log/edge.log.1", "before\n")
        yard.write("secret.txt", "nobody's business")
        (self.folder / "current").symlink_to("releases/2")
        self.world: FleetWorld = yard.world(yard.fleet(FLEET))
        self.tools: Toolbox = yard.tools(self.world)

    async def keep(self) -> None:
        service = self.world.fleet.services["edge"]
        states = [each.state for each in kept_paths(service, self.folder)]
        await self.world.known_good.keep(self.world.good_name("edge"), {}, states)

    async def posture(self) -> Posture:
        return await FleetPosture(self.world).posture()

    async def asks(self, step: Step) -> str:
        """Why a human is asked; "" when nobody is."""
        spec, prepared = found(self.tools, step).spec, await prepare(self.tools, step)
        ruling = await FleetProvenance(self.world, "").rule(step, spec, prepared)
        return (
            ""
            if ruling.permission is Permission.ALLOW and not prepared.must_ask
            else prepared.must_ask or ruling.reason
        )


@pytest.fixture
def place(yard: Yard) -> Place:
    return Place(yard)


def mode(path: Path) -> int:
    return path.lstat().st_mode & 0o7777


def tree(folder: Path) -> dict[str, tuple[object, ...]]:
    """All that undo has to put back; folders' own times aside."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        if ".state" in path.parts:
            continue
        facts = path.lstat()
        content = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path)] = (content, facts.st_mode, facts.st_uid, facts.st_gid)
    return found


async def there_and_back(place: Place, step: Step) -> dict[str, tuple[object, ...]]:
    """What is different after the step; all is as it was in the end."""
    before = tree(place.folder)
    prepared = await carry_out(place.tools, step)
    after = tree(place.folder)
    assert await has_applied(place.tools, step, prepared) is True
    for _ in range(2):
        await take_back(place.tools, step, prepared)
        assert tree(place.folder) == before
    assert await has_applied(place.tools, step, prepared) is False
    return {name: now for name, now in after.items() if before.get(name) != now}


async def test_a_folders_mode_is_given_and_taken_back(place: Place) -> None:
    (place.folder / "site/www").chmod(0o700)
    changed = await there_and_back(place, call("files.set_mode", path="site/www", mode="0755"))
    assert [(name, facts[1]) for name, facts in changed.items()] == [(str(place.folder / "site/www"), 0o40755)]


@NEEDS_ROOT
async def test_an_owner_is_given_and_taken_back_with_the_mode(place: Place) -> None:
    step = call("files.set_mode", path=str(place.folder / "certs/site.key"), mode="0640", owner="12345:54321")
    (facts,) = (await there_and_back(place, step)).values()
    assert facts[1:] == (0o100640, 12345, 54321)


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("site/www", "0777"), ("site/www", "4755"), ("site/www", "rwx"), ("secret.txt", "0600"),
        ("current", "0700"), ("/etc/passwd", "0600"), ("..", "0700"), (".", "0700"), ("site/gone", "0755"),
    ],
)  # fmt: skip
async def test_rights_that_nobody_should_get_are_refused(place: Place, path: str, new: str) -> None:
    before = tree(place.folder)
    with pytest.raises(Rejected):
        await prepare(place.tools, call("files.set_mode", path=path, mode=new))
    assert not (await place.tools.call(call("files.set_mode", path=path, mode=new))).ok
    assert tree(place.folder) == before


async def test_rights_that_it_has_are_no_change(place: Place) -> None:
    with pytest.raises(Rejected, match="nothing would change"):
        await prepare(place.tools, call("files.set_mode", path="site/www", mode="0755"))


async def test_what_neighbours_have_needs_nobodys_leave_and_is_no_downgrade(place: Place) -> None:
    (place.folder / "site/www").chmod(0o700)
    before = await place.posture()
    step = call("files.set_mode", path="site/www", mode="0755")
    assert await place.asks(step) == ""
    assert (await prepare(place.tools, step)).weakens == ()
    await carry_out(place.tools, step)
    assert downgrades(before, await place.posture()) == ()


async def test_a_key_that_others_may_read_asks_unless_it_was_so(place: Place) -> None:
    step = call("files.set_mode", path="certs/site.key", mode="0644")
    assert "less guarded" in await place.asks(step)
    weaker = (await prepare(place.tools, step)).weakens
    before = await place.posture()
    await carry_out(place.tools, step)
    assert downgrades(before, await place.posture()) == weaker != ()
    await place.keep()
    (place.folder / "certs/site.key").chmod(0o600)
    before = await place.posture()
    assert await place.asks(step) == ""
    await carry_out(place.tools, step)
    assert downgrades(before, await place.posture()) == ()


async def test_a_mode_that_nobody_vouches_for_asks(place: Place) -> None:
    assert "0711" in await place.asks(call("files.set_mode", path="site/www", mode="0711"))


async def test_a_configuration_file_gets_back_the_mode_that_it_had(place: Place) -> None:
    path = place.folder / "edge/edge.env"
    path.chmod(0o640)
    step = call("files.set_mode", path="edge/edge.env", mode="0640")
    await place.keep()
    path.chmod(0o600)
    before = await place.posture()
    assert await place.asks(step) == ""
    await carry_out(place.tools, step)
    assert downgrades(before, await place.posture()) == ()
    path.chmod(0o644)
    assert downgrades(before, await place.posture()) != ()


async def test_undo_leaves_alone_what_somebody_else_changed(place: Place) -> None:
    (place.folder / "site/www").chmod(0o700)
    step = call("files.set_mode", path="site/www", mode="0755")
    prepared = await carry_out(place.tools, step)
    (place.folder / "site/www").chmod(0o711)
    assert await has_applied(place.tools, step, prepared) is None
    with pytest.raises(Conflict):
        await take_back(place.tools, step, prepared)
    assert mode(place.folder / "site/www") == 0o711


async def test_what_lies_ready_is_installed_with_the_rights_that_are_there(place: Place) -> None:
    (place.folder / "certs/site.pem").chmod(0o604)
    step = call("files.install", path="certs/site.pem", origin="certs/next/site.pem")
    assert await place.asks(step) == ""
    (facts,) = (await there_and_back(place, step)).values()
    assert facts[:2] == (b"the new one", 0o100604)
    (place.folder / "certs/site.pem").unlink()
    (place.folder / "certs/next/site.pem").chmod(0o640)
    (facts,) = (await there_and_back(place, step)).values()
    assert facts[:2] == (b"the new one", 0o100640), "a new one is like what it was copied from"


async def test_what_it_would_say_is_not_shown(place: Place) -> None:
    step = call("files.install", path="certs/site.pem", origin="certs/next/site.pem")
    assert "the new one" not in (await prepare(place.tools, step)).difference


async def test_a_file_that_others_may_write_is_installed_by_nobodys_word(place: Place) -> None:
    (place.folder / "certs/next/site.pem").chmod(0o666)
    assert await place.asks(call("files.install", path="certs/site.pem", origin="certs/next/site.pem"))


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        ("certs/site.pem", "secret.txt"), ("certs/site.pem", "edge/edge.env"), ("edge/edge.env", "certs/site.pem"),
        ("secret.txt", "certs/site.pem"), ("certs/site.pem", "certs/site.pem"), ("certs/site.pem", "certs/next"),
        ("certs/site.pem", "/etc/passwd"), ("certs/site.pem", "certs/next/../../secret.txt"),
    ],
)  # fmt: skip
async def test_only_what_lies_near_is_installed(place: Place, path: str, origin: str) -> None:
    with pytest.raises(Rejected):
        await prepare(place.tools, call("files.install", path=path, origin=origin))


async def test_a_link_is_turned_and_turned_back(place: Place) -> None:
    step = call("files.link", path="current", target="releases/1")
    (facts,) = (await there_and_back(place, step)).values()
    assert facts[0] == "releases/1"
    before, weaker = await place.posture(), (await prepare(place.tools, step)).weakens
    assert await place.asks(step)
    await carry_out(place.tools, step)
    assert downgrades(before, await place.posture()) == weaker != ()


async def test_the_release_of_a_better_day_needs_nobodys_leave(place: Place) -> None:
    await place.keep()
    await carry_out(place.tools, call("files.link", path="current", target="releases/1"))
    before = await place.posture()
    step = call("files.link", path="current", target="releases/2")
    assert await place.asks(step) == ""
    await carry_out(place.tools, step)
    assert downgrades(before, await place.posture()) == ()


@pytest.mark.parametrize(
    ("path", "target"), [("current", "releases/9"), ("current", "releases/2"), ("site/www", "releases/1")]
)
async def test_links_lead_to_what_is_there(place: Place, path: str, target: str) -> None:
    with pytest.raises(Rejected):
        await prepare(place.tools, call("files.link", path=path, target=target))


async def test_a_link_that_somebody_else_turned_stays(place: Place) -> None:
    step = call("files.link", path="current", target="releases/1")
    prepared = await carry_out(place.tools, step)
    (place.folder / "current").unlink()
    (place.folder / "current").symlink_to("elsewhere")
    with pytest.raises(Conflict):
        await take_back(place.tools, step, prepared)
    assert (place.folder / "current").readlink() == Path("elsewhere")


@pytest.fixture
def full(place: Place) -> Iterator[Place]:
    """The log lies on a small disk of its own."""
    folder = place.folder / "log"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", str(folder)], check=True)
    try:
        (folder / "edge.log").write_text("a line\n" * 100_000)
        yield place
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@NEEDS_ROOT
async def test_a_log_is_emptied_and_comes_back_with_what_was_written_since(full: Place) -> None:
    log, step = full.folder / "log/edge.log", call("files.rotate_log", path="log/edge.log")
    with log.open("a") as writer:
        assert await full.asks(step) == ""
        prepared = await carry_out(full.tools, step)
        assert prepared.reversible
        assert await has_applied(full.tools, step, prepared) is True
        assert log.stat().st_size == 0
        (copy,) = (full.world.state_folder / KEPT).iterdir()
        assert gzip.decompress(copy.read_bytes()).decode() == "a line\n" * 100_000
        assert mode(copy) == 0o600
        writer.write("since\n")
        writer.flush()
        await take_back(full.tools, step, prepared)
        await take_back(full.tools, step, prepared)
        assert log.read_text() == "a line\n" * 100_000 + "since\n"
        writer.write("after\n")
        writer.flush()
    assert log.read_text().endswith("since\nafter\n")
    assert await has_applied(full.tools, step, prepared) is False
    assert not list((full.world.state_folder / KEPT).iterdir()), "nothing is left of it"


@NEEDS_ROOT
async def test_each_emptying_has_a_copy_of_its_own(full: Place) -> None:
    log, step = full.folder / "log/edge.log", call("files.rotate_log", path="log/edge.log")
    for text in ("one\n", "two\n"):
        log.write_text(text)
        await carry_out(full.tools, step)
    kept = {gzip.decompress(each.read_bytes()) for each in (full.world.state_folder / KEPT).iterdir()}
    assert kept == {b"one\n", b"two\n"}


@NEEDS_ROOT
async def test_an_undo_without_room_says_so(full: Place) -> None:
    step = call("files.rotate_log", path="log/edge.log")
    prepared = await carry_out(full.tools, step)
    (full.folder / "log/junk").write_bytes(os.urandom(1_900_000))
    with pytest.raises(Irrecoverable, match="could not be put back"):
        await take_back(full.tools, step, prepared)
    (full.folder / "log/junk").unlink()
    await take_back(full.tools, step, prepared)
    assert (full.folder / "log/edge.log").read_text() == "a line\n" * 100_000


@NEEDS_ROOT
async def test_a_writer_that_does_not_append_is_left_alone(full: Place) -> None:
    with (full.folder / "log/edge.log").open("r+"), pytest.raises(Rejected, match="does not append"):
        await prepare(full.tools, call("files.rotate_log", path="log/edge.log"))


async def test_without_another_disk_it_is_gone_for_good_and_asks(place: Place) -> None:
    prepared = await prepare(place.tools, call("files.rotate_log", path="log/edge.log.1"))
    assert not prepared.reversible
    for path in ("secret.txt", "certs/site.pem", "log"):
        with pytest.raises(Rejected):
            await prepare(place.tools, call("files.rotate_log", path=path))
