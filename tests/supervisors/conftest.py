import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from prunella.domain.supervisor import ProcessSupervisor
from prunella.supervisors.process import ProcessService
from prunella.supervisors.processes import tag_of

SLEEPER = "import time\nprint('up', flush=True)\ntime.sleep(60)\n"
DYING = "import sys\nprint('no licence', flush=True)\nsys.exit(3)\n"
STUBBORN = (
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(60)\n"
)


def is_alive(pid: int) -> bool:
    """False for a zombie that nobody has reaped yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


async def until(truth: Callable[[], Awaitable[bool] | bool], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while True:
            answer = truth()
            if answer if isinstance(answer, bool) else await answer:
                return
            await asyncio.sleep(0.01)


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., ProcessSupervisor]:
    """Declares a Python program in a folder of its own."""

    def declare(source: str = SLEEPER, **fields: object) -> ProcessSupervisor:
        (tmp_path / "app.py").write_text(source)
        given = {"command": (sys.executable, "app.py"), "cwd": tmp_path, "stop_timeout_s": 2.0, **fields}
        return ProcessSupervisor.model_validate(given)

    return declare


@pytest.fixture
def serve(tmp_path: Path) -> Callable[..., ProcessService]:
    def build(spec: ProcessSupervisor, service: str = "app", digest: str = "d1") -> ProcessService:
        tag = tag_of(tmp_path / "prunella.toml", service)
        return ProcessService(
            spec, service=service, tag=tag, config_digest=lambda: digest, output_folder=tmp_path / "state"
        )

    return build


@pytest.fixture(autouse=True)
def leave_nothing_running(tmp_path: Path) -> Iterator[None]:
    """Ends whatever of a test still runs in its folder."""
    yield
    for pid in psutil.pids():
        try:
            process = psutil.Process(pid)
            if Path(process.cwd()).is_relative_to(tmp_path):
                process.kill()
        except (psutil.Error, OSError):
            continue
