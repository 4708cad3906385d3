"""Against a stand-in for systemctl that keeps to its documented words: on the machine of the tests is no systemd."""

import json
import sys
from pathlib import Path

import pytest

from prunella.domain.supervisor import SystemdSupervisor
from prunella.errors import Rejected
from prunella.supervisors.running_on import RunningOn
from prunella.supervisors.systemd import SystemdService
from prunella.testing.supervisors import SupervisorSuite
from tests.supervisors.conftest import DYING, SLEEPER, STUBBORN

STAND_IN = Path(__file__).with_name("systemctl.py")


def declare(folder: Path, source: str = SLEEPER, unit: str = "app", **more: object) -> None:
    units = folder / "units"
    units.mkdir(exist_ok=True)
    (folder / f"{unit}.py").write_text(source)
    command = [sys.executable, "-u", str(folder / f"{unit}.py")]
    (units / f"{unit}.json").write_text(json.dumps({"command": command, "folder": str(folder), **more}))


def service(folder: Path, unit: str = "app.service", timeout_s: float = 5.0) -> SystemdService:
    systemctl = folder / "systemctl"
    systemctl.write_text(f"#!{sys.executable} -S\n{STAND_IN.read_text()}")
    systemctl.chmod(0o755)
    spec = SystemdSupervisor(unit=unit, cwd=folder, timeout_s=timeout_s)
    running_on = RunningOn(folder / "state/app.json", lambda: "d1")
    return SystemdService(spec, service="app", running_on=running_on, systemctl=str(systemctl), notice_s=0.4)


def orders(folder: Path) -> list[str]:
    words = (folder / "units/orders").read_text().splitlines()
    return [line for line in words if line.split()[0] not in {"show", "status"}]


class TestConformance(SupervisorSuite):
    def make(self, folder: Path) -> SystemdService:
        declare(folder)
        return service(folder)

    def make_dying(self, folder: Path) -> SystemdService:
        declare(folder, DYING)
        return service(folder)

    def make_stubborn(self, folder: Path) -> SystemdService:
        declare(folder, STUBBORN, stubborn=True)
        return service(folder)


async def test_a_changed_unit_file_is_taken_over_first(tmp_path: Path):
    declare(tmp_path, changed=True)
    app = service(tmp_path)
    assert "unit file has changed on disk" in (await app.status()).detail
    await app.start()
    assert orders(tmp_path) == ["daemon-reload", "start app.service"]
    assert (await app.status()).config == "d1"
    await app.stop()


async def test_one_that_failed_too_often_is_forgiven_first(tmp_path: Path):
    declare(tmp_path, DYING)
    app = service(tmp_path)
    with pytest.raises(Rejected, match=r"(?s)failed \(failed\), result exit-code, exit status 3.*no licence"):
        await app.start()
    (tmp_path / "app.py").write_text(SLEEPER)
    await app.start()
    assert orders(tmp_path)[-2:] == ["reset-failed app.service", "start app.service"]
    await app.stop()


async def test_a_masked_unit_is_not_started(tmp_path: Path):
    declare(tmp_path, load="masked", error="Unit app.service is masked.")
    with pytest.raises(Rejected, match=r"cannot start app\.service: Unit app\.service is masked"):
        await service(tmp_path).start()


async def test_an_unknown_unit_brings_the_nearest(tmp_path: Path):
    declare(tmp_path, unit="payments")
    with pytest.raises(Rejected, match=r"no unit paymnts\.service\. Did you mean payments\.service\?"):
        await service(tmp_path, "paymnts.service").status()


async def test_without_systemctl_it_says_so(tmp_path: Path):
    spec = SystemdSupervisor(unit="app.service", cwd=tmp_path)
    running_on = RunningOn(tmp_path / "runs", str)
    lone = SystemdService(spec, service="app", running_on=running_on, systemctl="no-such-systemctl")
    with pytest.raises(Rejected, match="app is a systemd unit, and systemctl cannot be run on this machine"):
        await lone.status()


async def test_a_systemd_that_is_not_there_is_no_answer(tmp_path: Path):
    app = service(tmp_path)
    for said in ("echo System has not been booted with systemd as init system; exit 1", "echo what?", "sleep 30"):
        (tmp_path / "systemctl").write_text(f"#!/bin/sh\n{said}\n")
        with pytest.raises(Rejected, match=r"systemd does not answer show for app|Nobody can tell whether app runs"):
            await (service_at(tmp_path) if said.startswith("sleep") else app).status()


def service_at(folder: Path) -> SystemdService:
    """The same with little patience."""
    spec = SystemdSupervisor(unit="app.service", cwd=folder, timeout_s=0.3)
    running_on = RunningOn(folder / "state/app.json", str)
    return SystemdService(spec, service="app", running_on=running_on, systemctl=str(folder / "systemctl"))
