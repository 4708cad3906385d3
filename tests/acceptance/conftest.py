"""A place of its own for each test, with harbours in it.

These tests mostly wait, for processes to start and for probes to stay green. So all that are selected are begun at
once, a few at a time, each in a thread; where pytest would call one, it gets what came of it.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.harbour import Harbour

_AT_ONCE = 5
_POOL = pytest.StashKey[ThreadPoolExecutor]()
_OUTCOME = pytest.StashKey[Future[None]]()


class Build:
    """Makes harbours of the named services, in which nothing runs yet, in a `place` that goes when the test ends."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._built: list[Harbour] = []

    def __call__(self, *services: str) -> Harbour:
        self._built.append(Harbour(self.place / "harbour", self.place / "home", services))
        return self._built[-1]

    @contextmanager
    def small_disk(self) -> Generator[Path]:
        """An empty file system of 64 KB."""
        disk = self.place / "small"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]
        if subprocess.run(mount, capture_output=True, timeout=10, check=False).returncode:
            pytest.skip("no tmpfs can be mounted here")
        try:
            yield disk
        finally:
            subprocess.run(["umount", "-l", disk], timeout=10, check=True)

    def close(self) -> None:
        for each in self._built:
            each.close()
        shutil.rmtree(self.place)


@pytest.fixture
def build() -> None:
    """Stands for the Build that the test gets in its thread."""


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if "build" not in pyfuncitem.fixturenames:
        return None
    session = pyfuncitem.session
    if _POOL not in session.stash:
        session.stash[_POOL] = ThreadPoolExecutor(_AT_ONCE)
        for item in session.items:
            if isinstance(item, pytest.Function) and "build" in item.fixturenames:
                item.stash[_OUTCOME] = session.stash[_POOL].submit(_play, item)
    pyfuncitem.stash[_OUTCOME].result()
    return True


def pytest_sessionfinish(session: pytest.Session) -> None:
    """What a stop at the first failure left undone is not begun."""
    if _POOL in session.stash:
        session.stash[_POOL].shutdown(cancel_futures=True)


def _play(item: pytest.Function) -> None:
    build = Build(Path(tempfile.mkdtemp(prefix="prunella-test-")).resolve())
    given: dict[str, Any] = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    try:
        item.obj(build=build, **given)
    finally:
        build.close()
