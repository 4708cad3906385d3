"""A fault that sleeps on the disk: the service runs, and would not start again."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from prunella.commands import NOT_FOUND, NOT_RUNNABLE
from prunella.domain.report import Reach, Reading
from prunella.domain.service import Service
from prunella.domain.supervisor import CommandResult

_UNTOLD = {None, NOT_FOUND, NOT_RUNNABLE}


class LatentLook:
    """Probe: would the service take its configuration as it lies there? Run again when one of its files is another.

    A pre-flight that cannot be run, or does not end, tells nothing of the service and is no reason to touch it.
    """

    def __init__(self, service: Service, run: Callable[[], Awaitable[CommandResult | None]]) -> None:
        self._service, self._run = service, run
        self._seen: tuple[str, Reading] | None = None

    async def look(self) -> Reading:
        ground = _ground((*self._service.config, *self._service.paths))
        if self._seen is None or self._seen[0] != ground:
            self._seen = (ground, self.reading(await self._run()))
        return self._seen[1]

    def reading(self, result: CommandResult | None) -> Reading:
        """What a pre-flight that ended so says."""
        name = self._service.name
        if result is None or result.ok or result.exit_code in _UNTOLD:
            detail = "would be accepted" if result is None or result.ok else "its pre-flight cannot be run"
            return Reading(probe=f"{name}: pre-flight", service=name, reach=Reach.RIGHT, detail=detail)
        said = result.output.strip()
        return Reading(
            probe=f"{name}: pre-flight", service=name, reach=Reach.WRONG,
            detail=f"exit {result.exit_code}: its configuration on disk would not be accepted", body=said[-2000:],
        )  # fmt: skip


def _ground(paths: Iterable[Path]) -> str:
    return " ".join(_told(path) for path in paths)


def _told(path: Path) -> str:
    try:
        seen = path.stat()
    except OSError as error:
        return str(error)
    return f"{seen.st_ino} {seen.st_size} {seen.st_mtime_ns} {seen.st_mode} {seen.st_uid}"
