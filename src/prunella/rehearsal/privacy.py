"""The folder in which shadows live: for us only, and gone when we are."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

_LOCK = ".lock"


@contextmanager
def private_folder(home: Path) -> Generator[Path]:
    """A new folder in `home`, removed at the end; first it clears away those of processes that died. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(home)
    folder = home / secrets.token_hex(6)
    lock = _locked(folder.with_name(folder.name + _LOCK))
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        clear(folder)
        folder.with_name(folder.name + _LOCK).unlink(missing_ok=True)
        os.close(lock)


def clear(folder: Path) -> None:
    """Remove it with all that is in it, whatever modes its folders were given."""
    for place, names, _ in os.walk(folder):
        for name in (".", *names):
            inner = Path(place, name)
            if not inner.is_symlink():
                with suppress(OSError):
                    inner.chmod(0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _locked(path: Path) -> int:
    """Held as long as this process lives. Made again when a sweep took it for a dead one's in between."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def _sweep(home: Path) -> None:
    for lock in home.glob(f"*{_LOCK}"):
        with suppress(OSError):
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                clear(lock.with_name(lock.name.removesuffix(_LOCK)))
                lock.unlink(missing_ok=True)
            finally:
                os.close(descriptor)
