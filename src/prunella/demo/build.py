"""Builds the shop in a folder of its own and runs it there, on free loopback ports."""

import asyncio
import hashlib
import shutil
import string
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psutil

from prunella.demo.looks import http_status
from prunella.domain.service import Fleet
from prunella.errors import Misuse, PrunellaError
from prunella.fleet.file import load_fleet
from prunella.protocols import Supervisor
from prunella.supervisors.factory import supervisor_for
from prunella.testing.ports import free_ports, is_free
from prunella.world.fleet_world import digest_of

SERVICES = ("gateway", "payments", "ledger", "catalog")
_TEMPLATES = Path(__file__).parent / "shop"
_READY_S = 15.0
_POLL_S = 0.03


@dataclass(frozen=True)
class Shop:
    """A shop in `folder`. `ports` has one for each service and the bank; `bank_key` is what the bank expects."""

    folder: Path
    ports: Mapping[str, int]
    bank_key: str

    @property
    def fleet_path(self) -> Path:
        return self.folder / "prunella.toml"

    @property
    def fleet(self) -> Fleet:
        return load_fleet(self.fleet_path)

    def log(self, service: str) -> Path:
        return self.folder / "log" / f"{service}.log"

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"

    def supervisor(self, service: str) -> Supervisor:
        declared = self.fleet.services[service]
        found = supervisor_for(declared, self.fleet_path, self.folder / "log", lambda: digest_of(declared.own_config))
        if found is None:
            raise Misuse(f"{service} has no supervisor in {self.fleet_path}.")
        return found

    async def open(self) -> None:
        """Start everything and wait until all are healthy. Raises Misuse when one does not come up."""
        await self.start_bank(self.bank_key)
        await asyncio.gather(*(self.supervisor(name).start() for name in SERVICES))
        await _until(lambda: all(self._has_spoken(name, 0) for name in SERVICES), "the shop")
        await _until(lambda: all(http_status(f"{self.url(name)}/health") == 200 for name in SERVICES), "the shop")

    async def close(self) -> None:
        """End every process that runs in the shop's folder, whoever started it."""
        found = [process for each in self.processes().values() for process in each]
        for process in found:
            with suppress(psutil.Error):
                process.kill()
        await asyncio.to_thread(psutil.wait_procs, found, 5.0)

    async def restart(self, service: str) -> None:
        """Stop and start; returns when it listens, or has ended."""
        said = self._size_of_log(service)
        supervisor = self.supervisor(service)
        await supervisor.stop()
        with suppress(PrunellaError):  # a service that ends at once is what some faults are for
            await supervisor.start()
        await _until(lambda: self._has_spoken(service, said), service)

    async def start_bank(self, key: str) -> None:
        """The bank is not supervised: it is not the shop's."""
        self._spawn("programs.bank", str(self.ports["bank"]), key)
        await _until(lambda: not is_free(self.ports["bank"]), "the bank")

    async def start_beside(self, service: str) -> None:
        """Start the program as a person would who does not know that it runs; returns when that has ended."""
        second = self._spawn(f"programs.{service}")
        await _until(lambda: second.poll() is not None, f"the end of a second {service}")

    def _spawn(self, module: str, *arguments: str) -> "subprocess.Popen[bytes]":
        silent = subprocess.DEVNULL
        command = [sys.executable, "-m", module, *arguments]
        child = subprocess.Popen(
            command, cwd=self.folder, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
        )
        threading.Thread(target=child.wait, name=f"reap {module}", daemon=True).start()
        return child

    def stop_bank(self) -> None:
        for process in self.processes().get("bank", []):
            process.kill()
            process.wait(5.0)

    def processes(self) -> dict[str, list[psutil.Process]]:
        """What runs in the shop's folder, by the name of its program."""
        found: dict[str, list[psutil.Process]] = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error, OSError, ValueError):  # ValueError: fewer than three words
                _, flag, module = process.cmdline()[:3]
                if flag == "-m" and module.startswith("programs.") and Path(process.cwd()) == self.folder:
                    found.setdefault(module.removeprefix("programs."), []).append(process)
        return found

    def _size_of_log(self, service: str) -> int:
        return self.log(service).stat().st_size if self.log(service).exists() else 0

    def _has_spoken(self, service: str, since: int) -> bool:
        said = self.log(service).read_bytes()[since:] if self.log(service).exists() else b""
        return b"listening on" in said or (b"CRITICAL" in said and not self.processes().get(service))


def build_shop(folder: Path, seed: int = 0) -> Shop:
    """Write programs, configuration and fleet file into `folder`; starts nothing. Secrets come from `seed`."""
    rng = Random(f"shop {seed}")
    folder = folder.resolve()
    names: tuple[str, ...] = (*SERVICES, "bank")
    ports: dict[str, int] = dict(zip(names, free_ports(len(names)), strict=True))
    token, bank_key = f"tok_{rng.getrandbits(96):024x}", f"bk_live_{rng.getrandbits(96):024x}"
    blanks = {f"{name}_port": str(port) for name, port in ports.items()} | {
        "payments_token": token,
        "payments_token_sha256": hashlib.sha256(token.encode()).hexdigest(),
        "bank_key": bank_key,
        "python": sys.executable,
    }
    shutil.copytree(_TEMPLATES, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".py":
            path.write_text(string.Template(path.read_text(encoding="utf-8")).substitute(blanks), encoding="utf-8")
    for name in ("log", "data"):
        (folder / name).mkdir(exist_ok=True)
    return Shop(folder, ports, bank_key)


async def _until(is_so: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(_READY_S):
            while not await asyncio.to_thread(is_so):  # noqa: ASYNC110 (other processes send no event)
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        raise Misuse(f"{what} did not come up within {_READY_S:g} s. Look into its log.") from error
