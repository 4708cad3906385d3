"""The guards of real files, processes and sockets."""

import asyncio
import os
import socket
import subprocess
from pathlib import Path

import pytest

from prunella.domain.posture import Aspect, Posture
from prunella.domain.probe import TcpProbe
from prunella.domain.service import Fleet, Service
from prunella.domain.supervisor import Listener
from prunella.policy.posture import SOMEWHERE, downgrades
from prunella.world.guards_of_processes import listening_of, user_of
from prunella.world.posture import FleetPosture, posture_of_files
from tests.world.yard import Yard, call, carry_out, free_port, listens, until

FILES = {
    "a.ini": ("[server]\nbind = 127.0.0.1\n[auth]\nenabled = yes\n", "enabled = yes", "enabled = no", "auth.enabled"),
    "b.env": (
        "export DEBUG=false\nDB_URL=postgres://u:p4ssw0rd1@h/d?sslmode=require\n",
        "=require", "=disable", "DB_URL (sslmode)",
    ),
    "c.toml": ('[tls]\nverify = true\nmin_version = "1.2"\n', "verify = true", "verify = false", "tls.verify"),
    "d.yaml": ("server:\n  host: 127.0.0.1\n  auth:\n    required: true\n", "127.0.0.1", "0.0.0.0", "server.host"),
    "e.json": (
        '{"peers": [{"url": "https://a"}, {"url": "https://b"}]}\n',
        "https://b", "http://b", "peers.url (scheme)",
    ),
    "nginx.conf": ("server {\n  listen 127.0.0.1:80;\n  ssl on;\n}\n", "127.0.0.1:80", "80", "server.listen"),
    "pg_hba.conf": (
        "host all all 127.0.0.1/32 scram-sha-256\n",
        "scram-sha-256", "trust", "entry (all all 127.0.0.1/32)",
    ),
    "redis.conf": (
        "protected-mode yes\nrequirepass kkkhZk82jq\n",
        "protected-mode yes", "protected-mode no", "protected-mode",
    ),
}  # fmt: skip


def fleet_of(folder: Path) -> Fleet:
    files = tuple(folder / name for name in FILES)
    return Fleet(name="f", path=folder / "f.toml", services={"s": Service(name="s", folder=folder, config=files)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (text, *_) in FILES.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o640)
    return tmp_path


def edit(folder: Path, name: str) -> None:
    text, old, new, _ = FILES[name]
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new))


@pytest.mark.parametrize(("old", "new"), [("  host", "<<<<<<< oops\n  host"), ("  auth", "\tauth")])
async def test_a_broken_file_does_not_hide_its_guards(folder: Path, old: str, new: str) -> None:
    whole = await posture_of_files(fleet_of(folder))
    (folder / "d.yaml").write_text(FILES["d.yaml"][0].replace(old, new))
    broken = await posture_of_files(fleet_of(folder))
    names = {each.name for each in broken.stances if each.subject.endswith("d.yaml")}
    assert {f"{SOMEWHERE}host", f"{SOMEWHERE}required"} <= names
    assert downgrades(whole, broken) == downgrades(broken, whole) == ()
    (folder / "d.yaml").write_text(FILES["d.yaml"][0].replace("true", "false"))
    assert downgrades(broken, await posture_of_files(fleet_of(folder)))


@pytest.mark.parametrize(
    ("mode", "after", "is_weaker"),
    [(0o640, 0o644, True), (0o640, 0o660, True), (0o640, 0o600, False), (0o640, 0o750, True), (0o640, 0o740, False),
     (0o600, 0o4600, True), (0o604, 0o640, True), (0o666, 0o644, False)],
)  # fmt: skip
async def test_rights_only_grow_weaker(folder: Path, mode: int, after: int, is_weaker: bool) -> None:
    (folder / "a.ini").chmod(mode)
    before = await posture_of_files(fleet_of(folder))
    (folder / "a.ini").chmod(after)
    found = downgrades(before, await posture_of_files(fleet_of(folder)))
    assert bool(found) is is_weaker
    assert all((each.aspect, each.before, each.after) == (Aspect.MODE, f"{mode:04o}", f"{after:04o}") for each in found)


async def test_a_file_that_comes_may_be_read_by_others_but_not_written(folder: Path) -> None:
    (folder / "a.ini").unlink()
    before = await posture_of_files(fleet_of(folder))
    (folder / "a.ini").write_text(FILES["a.ini"][0])
    (folder / "a.ini").chmod(0o644)
    assert downgrades(before, await posture_of_files(fleet_of(folder))) == ()
    (folder / "a.ini").chmod(0o646)
    assert [each.name for each in downgrades(before, await posture_of_files(fleet_of(folder)))] == ["others may write"]


async def test_a_file_that_goes_takes_its_guards_along(folder: Path) -> None:
    before = await posture_of_files(fleet_of(folder))
    (folder / "a.ini").unlink()
    names = [each.name for each in downgrades(before, await posture_of_files(fleet_of(folder)))]
    assert names == ["server.bind", "auth.enabled"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
async def test_another_owner_counts(folder: Path) -> None:
    before = await posture_of_files(fleet_of(folder))
    os.chown(folder / "a.ini", 12345, 12346)
    found = downgrades(before, await posture_of_files(fleet_of(folder)))
    assert [(each.aspect, each.name, each.after) for each in found] == [
        (Aspect.OWNER, "user", "12345"), (Aspect.OWNER, "group", "12346"),
    ]  # fmt: skip


async def test_a_link_in_the_place_of_a_file_counts(folder: Path) -> None:
    before = await posture_of_files(fleet_of(folder))
    (folder / "a.ini").rename(folder / "other.ini")
    (folder / "a.ini").symlink_to(folder / "other.ini")
    found = downgrades(before, await posture_of_files(fleet_of(folder)))
    assert [(each.name, each.before, each.after) for each in found] == [("link", "no link", str(folder / "other.ini"))]


def run_as(uid: int) -> Posture:
    """Of a process that runs as that user."""
    with subprocess.Popen(["sleep", "30"], user=uid, stdin=subprocess.DEVNULL) as child:
        found = tuple(user_of("s", child.pid))
        child.kill()
    return Posture(stances=found)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may run as others")
@pytest.mark.parametrize(
    ("before", "after", "is_weaker"),
    [(65534, 0, True), (0, 65534, False), (65534, 65533, True), (65534, 65534, False), (0, 0, False)],
)
def test_as_whom_a_service_runs(before: int, after: int, is_weaker: bool) -> None:
    assert bool(downgrades(run_as(before), run_as(after))) is is_weaker
    assert downgrades(Posture(), run_as(after)) == ()


def reach(fleet: Fleet, *hosts: tuple[str, int], service: str | None = "s") -> Posture:
    listeners = [Listener(host=host, port=port, pid=1, service=service) for host, port in hosts]
    return Posture(stances=tuple(listening_of(fleet, listeners)))


@pytest.mark.parametrize(
    ("before", "after", "is_weaker"),
    [
        ([("127.0.0.1", 80)], [("0.0.0.0", 80)], True),
        ([("127.0.0.1", 80)], [("10.0.0.3", 80)], True),
        ([("10.0.0.3", 80)], [("::", 80)], True),
        ([("0.0.0.0", 80)], [("0.0.0.0", 81)], False),
        ([("0.0.0.0", 80)], [("0.0.0.0", 80), ("::", 80)], False),
        ([("0.0.0.0", 80)], [("0.0.0.0", 80), ("0.0.0.0", 5005)], True),
        ([("127.0.0.1", 80)], [("127.0.0.1", 80), ("127.0.0.1", 81)], False),
        ([], [("0.0.0.0", 80)], False),
        ([("127.0.0.1", 80)], [], False),
    ],
)
def test_who_can_reach_a_service(before: list[tuple[str, int]], after: list[tuple[str, int]], is_weaker: bool) -> None:
    fleet = Fleet(name="f", path=Path("/f.toml"), services={"s": Service(name="s", folder=Path("/"))})
    assert bool(downgrades(reach(fleet, *before), reach(fleet, *after))) is is_weaker


def test_a_socket_without_an_owner_is_known_by_the_probe_that_looks_at_it() -> None:
    probe = TcpProbe(name="p", host="127.0.0.1", port=80)
    fleet = Fleet(name="f", path=Path("/f.toml"), services={"s": Service(name="s", folder=Path("/"), probes=(probe,))})
    near, far = (reach(fleet, (host, 80), ("0.0.0.0", 22), service=None) for host in ("127.0.0.1", "0.0.0.0"))
    assert [each.subject for each in near.stances] == ["port:80"]
    assert downgrades(near, far)


async def test_a_running_service_tells_its_user_and_its_sockets(yard: Yard) -> None:
    world, port = yard.one(text="AUTH_ENABLED=true\n")
    down = await FleetPosture(world).posture()
    await carry_out(yard.tools(world), call("services.start", service="app"))
    await until(lambda: listens(port))
    up = await FleetPosture(world).posture()
    aspects = {(each.subject, each.aspect): each.says for each in up.stances}
    assert aspects["service:app", Aspect.LISTENER] == f"127.0.0.1:{port}"
    assert str(os.getuid()) in aspects["service:app", Aspect.USER]
    assert downgrades(down, up) == downgrades(up, down) == ()
    yard.write("app.env", f"PORT={port}\nAUTH_ENABLED=false\n")
    (found,) = downgrades(up, await FleetPosture(world).posture())
    assert found.name == "AUTH_ENABLED"


async def test_strangers_sockets_are_nobodys_guard(yard: Yard) -> None:
    world, _ = yard.one()
    with socket.create_server(("0.0.0.0", free_port())):
        told = await asyncio.wait_for(FleetPosture(world).posture(), 10)
    assert not [each for each in told.stances if each.aspect is Aspect.LISTENER]
