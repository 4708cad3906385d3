"""What lies and runs around services: sockets, disks, deleted files, environments, certificates."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from prunella.domain.facts import ConfigFacts, DiskFacts, Facts, HeldFile, ServiceFacts
from prunella.domain.service import ConnectSpec, Fleet, SecretRef, Service
from prunella.domain.setting import Format, Setting
from prunella.domain.supervisor import ProcessSupervisor, SupervisordSupervisor
from prunella.redaction.redactor import Redactor
from prunella.supervisors import ports
from prunella.world.asking import UNASKED, ask_server
from prunella.world.certificates import EXPIRED, MISMATCH, certificate_facts
from prunella.world.disks import disk_under, disks_of, is_nearly_full
from prunella.world.evidence import findings
from prunella.world.held import LEAST_BYTES, held_files
from prunella.world.paths import paths_of
from prunella.world.processes import Processes, environment_of, ids_of, words_of
from prunella.world.shadowing import SHADOWS, pairs_in, shadowed_settings
from prunella.world.sockets import doors, listed_doors
from tests.world.yard import free_port, outside, until

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts")


def test_our_look_at_sockets_and_families_is_that_of_psutil() -> None:
    with socket.create_server(("127.0.0.1", free_port())), socket.create_server(("::1", 0), family=socket.AF_INET6):
        ours = {(each.host, each.port, each.pid) for each in Processes().listeners if each.pid == os.getpid()}
        theirs = {(each.host, each.port, each.pid) for each in ports.listeners() if each.pid == os.getpid()}
    assert ours == theirs
    assert len(ours) == 2


def test_without_an_answer_of_the_kernel_its_table_is_read() -> None:
    with socket.create_server(("127.0.0.1", free_port())), socket.create_server(("::1", 0), family=socket.AF_INET6):
        ours = {(door.host, door.port, door.inode) for door in doors()}
        listed = {(door.host, door.port, door.inode) for door in listed_doors()}
    assert ours == listed
    assert {"127.0.0.1", "::1"} <= {host for host, _, _ in listed}


def test_a_family_has_grandchildren(tmp_path: Path) -> None:
    child = outside(["sh", "-c", "sleep 60 & wait"], tmp_path)
    asyncio.run(until(lambda: asyncio.sleep(0, bool(psutil.Process(child.pid).children()))))
    try:
        (grandchild,) = psutil.Process(child.pid).children()
        processes = Processes()
        assert processes.family_of(child.pid) == {child.pid, grandchild.pid}
        assert child.pid in processes.family_of(os.getpid())
        assert words_of(grandchild.pid) == ("sleep", "60")
        grandchild.kill()
    finally:
        child.kill()


def test_a_process_tells_its_user_and_environment_and_none_nothing(tmp_path: Path) -> None:
    child = outside(["sleep", "60"], tmp_path, MARK="a=b", EMPTY="")
    asyncio.run(until(lambda: asyncio.sleep(0, words_of(child.pid)[:1] == ("sleep",))))
    try:
        told, ids = environment_of(child.pid), ids_of(child.pid)
        assert (told["MARK"], told["EMPTY"]) == ("a=b", "")
        assert ids is not None
        assert (ids.uid, os.getegid() in ids.gids) == (os.geteuid(), True)
    finally:
        child.kill()
    assert ids_of(2**22 + 1) is None
    assert environment_of(2**22 + 1) == {}
    assert Processes().family_of(2**22 + 1) == frozenset()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """2 MB, at `disk`."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,nr_inodes=64", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@NEEDS_ROOT
def test_a_disk_is_known_by_its_mount_with_what_is_left(small_disk: Path) -> None:
    (found,) = disks_of([small_disk / "not/there/yet", small_disk])
    assert (found.mount, found.total, found.inodes) == (small_disk, 2 * 1024 * 1024, 64)
    assert not is_nearly_full(found)
    (small_disk / "junk").write_bytes(b"x" * 1_990_000)
    (full,) = disks_of([small_disk])
    assert is_nearly_full(full)
    (small_disk / "junk").unlink()
    for number in range(60):
        (small_disk / str(number)).touch()
    (crowded,) = disks_of([small_disk])
    assert is_nearly_full(crowded)


@NEEDS_ROOT
def test_a_bind_mount_that_refuses_writes_is_a_disk_of_its_own(tmp_path: Path) -> None:
    for name in ("etc", "bound"):
        (tmp_path / name).mkdir()
    bound = str(tmp_path / "bound")
    subprocess.run(["mount", "--bind", str(tmp_path / "etc"), bound], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", bound], check=True)
        found = {disk.mount: disk.read_only for disk in disks_of([tmp_path / "bound/app.env", tmp_path])}
        assert found[tmp_path / "bound"]
        assert sorted(found.values()) == [False, True]
    finally:
        subprocess.run(["umount", bound], check=True)


def disk(mount: str, free: int = 50, *, read_only: bool = False) -> DiskFacts:
    return DiskFacts(mount=Path(mount), total=100, free=free, inodes=10, free_inodes=5, read_only=read_only)


def test_the_innermost_mount_holds_a_path() -> None:
    assert disk_under(Path("/a/b/c"), [disk("/"), disk("/a/b"), disk("/a")]) == disk("/a/b")
    assert disk_under(Path("/ab"), [disk("/a")]) is None


HOLDS = """
import sys, time
held = open(sys.argv[1], sys.argv[2]); held.truncate(int(sys.argv[3])) if "w" in sys.argv[2] else None
if "w" in sys.argv[2]: held.write("x" * int(sys.argv[3])); held.flush()
import os; os.unlink(sys.argv[1]); print("ready", flush=True); time.sleep(60)
"""


@pytest.mark.parametrize(
    ("mode", "size", "on_full", "is_told"),
    [("w", LEAST_BYTES * 2, False, True), ("w", 20_000, False, False), ("w", 20_000, True, True),
     ("r", LEAST_BYTES * 2, False, False)],
)  # fmt: skip
def test_what_a_process_holds_for_writing_is_told(
    tmp_path: Path, mode: str, size: int, on_full: bool, is_told: bool
) -> None:
    path = tmp_path / "app.log"
    path.write_bytes(b"x" * size)
    command = [sys.executable, "-S", "-c", HOLDS, str(path), mode, str(size)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        devices = frozenset({tmp_path.stat().st_dev}) if on_full else frozenset[int]()
        found = held_files({child.pid: ("app", False)}, devices)
        assert not held_files({os.getpid(): ("app", False)}, devices)
        child.kill()
    assert [(each.path, each.pid, each.service) for each in found] == ([(path, child.pid, "app")] if is_told else [])
    assert all(each.size >= size for each in found)


def facts_of(*settings: tuple[str, str], service: Service, stale: bool = False) -> ServiceFacts:
    listed = tuple(Setting(key=key, value=value, line=number) for number, (key, value) in enumerate(settings, 1))
    file = ConfigFacts(path=Path("/shop/pay.yaml"), format=Format.YAML, text="", settings=listed)
    return ServiceFacts(service=service, files=(file,), is_stale=stale)


def payments(**env: str) -> Service:
    supervisor = ProcessSupervisor(command=("x",), cwd=Path("/shop"), env=env)
    return Service(name="payments", folder=Path("/shop"), supervisor=supervisor)


@pytest.mark.parametrize(
    ("variable", "key", "value", "is_told"),
    [
        ("PAY_FEE", "pay.fee", "30", True),
        ("PAY_FEE", "PAY_FEE", "30", True),
        ("PAY_FEE", "fee", "30", True),
        ("PAY_FEE", "rates.fee", "30", True),
        ("PAY_FEE", "fee", "0", False),
        ("PAY_FEE", "fee_limit", "30", False),
        ("OTHER_FEE", "fee", "30", False),
        ("FEE", "fee", "30", True),
        ("FEE", "rates.fee", "30", False),
        ("PATH", "path", "/x", False),
        ("RATES_FEE", "shop.rates.fee", "30", True),
    ],
)
def test_a_variable_outdoes_the_setting_that_it_names(variable: str, key: str, value: str, is_told: bool) -> None:
    found = shadowed_settings(facts_of((key, value), service=payments(**{variable: "0"})), {})
    assert [each.fields["key"] for each in found] == ([key] if is_told else [])
    assert found == shadowed_settings(facts_of((key, value), service=payments(**{variable: "0"})), {})
    assert {each.code for each in found} <= {SHADOWS}


def test_the_running_environment_counts_unless_files_are_newer() -> None:
    running = {"PAY_FEE": "0", "PAY_ON": "yes"}
    settings = (("fee", "30"), ("on", "true"))
    (found,) = shadowed_settings(facts_of(*settings, service=payments()), running)
    assert (found.fields["value"], found.fields["setting"], found.fields["where"]) == ("0", "30", "its running process")
    assert not shadowed_settings(facts_of(*settings, service=payments(), stale=True), running)


def test_no_secret_is_told() -> None:
    (found,) = shadowed_settings(facts_of(("api_key", "k-11112222"), service=payments(API_KEY="k-99998888")), {})
    assert "k-" not in str(found)


def test_a_programs_section_says_where_its_variable_is_set(tmp_path: Path) -> None:
    config = tmp_path / "supervisord.conf"
    config.write_text(
        '[supervisord]\nenvironment=PAY_FEE="9"\n[program:pay]\ncommand=x\nenvironment=A="1,2",PAY_FEE=\'0\'\n'
    )
    supervisor = SupervisordSupervisor(program="pay", config=config, cwd=tmp_path)
    service = Service(name="payments", folder=tmp_path, supervisor=supervisor)
    (found,) = shadowed_settings(facts_of(("fee", "30"), service=service), {})
    assert found.fields["value"] == "0"
    assert "program:pay" in found.fields["where"]
    assert dict(pairs_in("A=\"1,2\",B=3, C='x y'")) == {"A": "1,2", "B": "3", "C": "x y"}


def certificate(folder: Path, name: str, days: int, subject: str = "shop.test") -> tuple[Path, Path]:
    """Until `days` from now; a negative number has run out."""
    folder.mkdir(exist_ok=True)
    pem, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    key, named = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(named, named, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=90))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return pem, key_file


def seen(folder: Path) -> list[tuple[str, ...]]:
    service = Service(name="edge", folder=folder, paths=(folder / "certs/site.pem", folder / "certs/site.key"))
    found = certificate_facts(service, paths_of(service, folder))
    return [
        (each.code, *(str(each.fields[n]).removeprefix(f"{folder}/") for n in ("renewed", "renewed_key")))
        for each in found
    ]


def test_a_certificate_that_ran_out_is_told_with_the_one_that_lies_ready(tmp_path: Path) -> None:
    certificate(tmp_path / "certs", "site", 30)
    assert seen(tmp_path) == []
    certificate(tmp_path / "certs", "site", -1)
    assert seen(tmp_path) == [(EXPIRED, "", "")]
    (tmp_path / "certs/next").mkdir()
    certificate(tmp_path / "certs/next", "other", 30, "other.test")
    certificate(tmp_path / "certs/next", "old", -3)
    assert seen(tmp_path) == [(EXPIRED, "", "")], "another name, and one that ran out, are no help"
    certificate(tmp_path / "certs/next", "site", 30)
    assert seen(tmp_path) == [(EXPIRED, "certs/next/site.pem", "certs/next/site.key")]


def test_a_key_of_another_pair_is_told_with_the_right_one(tmp_path: Path) -> None:
    _, key = certificate(tmp_path / "certs", "site", 30)
    (tmp_path / "certs/old").mkdir()
    shutil.copy(key, tmp_path / "certs/old/site.key")
    certificate(tmp_path / "elsewhere", "x", 30)
    shutil.copy(tmp_path / "elsewhere/x.key", key)
    assert seen(tmp_path) == [(MISMATCH, "", "certs/old/site.key")]


def test_what_is_no_certificate_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/site.pem").write_text("-----BEGIN CERTIFICATE-----\nMAAwAA==\n-----END CERTIFICATE-----\n")
    (tmp_path / "certs/site.key").write_text("-----BEGIN CERTIFICATE-----\nnothing")
    assert seen(tmp_path) == []


async def test_a_server_that_cannot_be_asked_says_why_and_never_the_password() -> None:
    redactor, port = Redactor(), free_port()
    connect = ConnectSpec(url=f"redis://127.0.0.1:{port}/0", password="PW")  # noqa: S106 -- the name of a secret
    service = Service(
        name="queue", folder=Path("/"), connect=connect, secrets=(SecretRef(name="PW", source="env", where="PW"),)
    )
    (found,) = await ask_server(service, {"PW": "hunter2-hunter2"}, redactor)
    assert found.service == "queue"
    assert "hunter2" not in str(found)
    assert redactor.text("say hunter2-hunter2") == "say [redacted]"
    (unasked,) = await ask_server(service, {}, redactor)
    assert (unasked.code, "PW" in unasked.text) == (UNASKED, True)
    assert await ask_server(service.model_copy(update={"connect": None}), {}, redactor) == ()


def around(fleet_folder: Path, **more: object) -> list[tuple[str, bool]]:
    service = Service(name="app", folder=fleet_folder, logs=(fleet_folder / "full/app.log",))
    fleet = Fleet(name="f", path=fleet_folder / "prunella.toml", services={"app": service})
    facts = Facts(fleet=fleet, targets=("app",), services={"app": ServiceFacts(service=service)}).model_copy(
        update=more
    )
    return [(each.text, each.is_error) for each in findings(facts).evidence if each.source in {"disk", "deleted files"}]


def test_full_disks_and_held_files_are_errors_where_they_hurt() -> None:
    top = Path("/shop")
    held = HeldFile(path=top / "full/app.log", pid=7, size=1_500_000, service="app")
    (calm,) = around(top, disks=(disk("/shop/full"),), held=(held,))
    assert calm[0].startswith("process 7 of app holds the deleted file full/app.log open (1.5 MB); the space")
    assert not calm[1]
    full, error = around(top, disks=(disk("/shop/full", free=5),), held=(held,))
    assert full == ("the file system at /shop/full is 95% full: 5 bytes of 100 bytes left", True)
    assert error[1]
    fixed = (disk("/shop/full", read_only=True), disk("/x", read_only=True))
    assert [each[1] for each in around(top, disks=fixed)] == [
        True, False,
    ]  # fmt: skip
