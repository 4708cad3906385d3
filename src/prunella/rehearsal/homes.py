"""The folders in which a service may want to write, as far as anybody says so."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from prunella.configs.files import decode, read_bytes
from prunella.domain.service import Service
from prunella.errors import Rejected
from prunella.world.preflights.launching import launched
from prunella.world.preflights.preflight import start_of

_PATH = re.compile(r"(?<![\w.:/@$}-])/[\w.@%+,/-]+")
_SYSTEM = tuple(
    Path(name) for name in ("/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/run", "/sbin", "/sys", "/usr")
)
_MOST = 12
_DATABASE = "PG_VERSION"
_DATABASE_SERVERS = frozenset({"postgres", "postmaster", "pg_ctl"})


def named_folders(service: Service, files: Mapping[Path, bytes | None]) -> tuple[Path, ...]:
    """Those that its start command names, and those that its files (with `files` in their places) name or in which
    they name a file; none of the system.
    """
    found: dict[Path, None] = {}
    for path in _named(service, files):
        real = Path(os.path.realpath(path))
        folder = real if real.is_dir() else real.parent
        is_system = any(folder.is_relative_to(place) for place in _SYSTEM)
        if folder.is_dir() and not is_system:
            found[folder] = None
    return tuple(found)[:_MOST]


def keeps_database(service: Service) -> bool:
    """It is PostgreSQL that is started."""
    start = start_of(service)
    found = launched(start.command) if start else None
    return found is not None and found.name in _DATABASE_SERVERS


def is_database(folder: Path) -> bool:
    return (folder / _DATABASE).exists()


def _named(service: Service, files: Mapping[Path, bytes | None]) -> Iterator[Path]:
    start = start_of(service)
    if start is not None:
        words = (*start.command[1:], *start.env.values())
        yield from (path for word in words for path in _paths_in(word) if path.is_dir())
        yield start.cwd
    yield from (path for path in service.paths if path.is_dir())
    for path in service.config:
        yield from _paths_in(_text(path, files))


def _paths_in(text: str) -> Iterator[Path]:
    return (Path(match[0].rstrip(",.")) for match in _PATH.finditer(text))


def _text(path: Path, files: Mapping[Path, bytes | None]) -> str:
    """Empty for no file, and for one that is no text."""
    real = Path(os.path.realpath(path))
    try:
        data = files[real] if real in files else read_bytes(path)
        return "" if data is None else decode(data).text
    except Rejected:
        return ""
