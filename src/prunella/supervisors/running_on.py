"""Which configuration a process runs on, where it was us who had it read it."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from prunella.domain.frozen import Frozen
from prunella.domain.supervisor import ServiceStatus

_SAME_START_S = 1.0


class _Read(Frozen):
    pid: int
    started: float
    config: str


class RunningOn:
    """One service's record at `path`, which outlives us. It says nothing of a process that others started since.

    `digest` is that of the configuration on disk now.
    """

    def __init__(self, path: Path, digest: Callable[[], str]) -> None:
        self._path, self.digest = path, digest

    def note(self, status: ServiceStatus, config: str) -> None:
        """That process has read the configuration of this digest. Without a process there is nothing to note."""
        if not status.running or status.pid is None or status.started is None:
            return
        read = _Read(pid=status.pid, started=status.started, config=config)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        draft.write_text(read.model_dump_json())
        draft.replace(self._path)

    def config_of(self, pid: int | None, started: float | None) -> str | None:
        """None: nothing is known of that process."""
        if pid is None or started is None:
            return None
        with suppress(OSError, ValidationError, json.JSONDecodeError):
            read = _Read.model_validate_json(self._path.read_bytes())
            if read.pid == pid and abs(read.started - started) <= _SAME_START_S:
                return read.config
        return None

    def told(self, status: ServiceStatus) -> ServiceStatus:
        """The same, with the digest of what it runs on where that is known."""
        config = self.config_of(status.pid, status.started)
        return status.model_copy(update={"config": config}) if config is not None else status


def record_in(folder: Path, service: str) -> Path:
    """Where the record of a service lies."""
    return folder / f"{service}.runs-on.json"
