"""Temporary files beside the files that they will replace, recognisable and locked while their writer lives."""

import fcntl
import os
import secrets
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

TEMPORARY_PREFIX = ".prunella-"

_LINK_LIFE_S = 60.0


def temporary_name(folder: Path) -> Path:
    return folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"


@contextmanager
def temporary_file(folder: Path, mode: int) -> Generator[tuple[int, Path]]:
    """A new file that is locked while we live and gone afterwards, unless it was moved away."""
    path = temporary_name(folder)
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor, path
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def remove_if_dead(path: Path) -> bool:
    """A link carries no lock and lives for a moment only: an old one is a dead writer's."""
    with suppress(FileNotFoundError):
        if path.is_symlink() and time.time() - path.lstat().st_mtime > _LINK_LIFE_S:
            path.unlink(missing_ok=True)
            return True
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except OSError:
        return False
    else:
        return True
    finally:
        os.close(descriptor)
