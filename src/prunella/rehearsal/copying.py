"""One folder's copy, as far as it goes."""

import os
import re
import shutil
import socket
import stat
import subprocess
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from prunella.rehearsal.homes import is_database

_LOG_NAME = re.compile(r".*\.log(?:[.-].*)?")
_DATABASE_LOCK = "postmaster.pid"
_LENT_NAMES = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", "site-packages"})
_DATA_NAMES = frozenset({"base", "pg_wal"})
_COPY_S = 10.0


@dataclass(frozen=True)
class Limits:
    """How much is copied of one folder at most. `with_databases`: also the data of PostgreSQL. `is_shallow`: none of
    the folders in it.
    """

    files: int = 1000
    bytes: int = 32 * 1024 * 1024
    largest_bytes: int = 8 * 1024 * 1024
    with_databases: bool = False
    is_shallow: bool = False


USUAL, WITH_DATABASES = Limits(), Limits(20_000, 192 * 1024 * 1024, 20 * 1024 * 1024, with_databases=True)
AROUND = Limits(200, 1024 * 1024, 256 * 1024, is_shallow=True)


@dataclass
class Copying:
    """Copies `place` to `copy`, which is made: what lies near the top first, until it is enough; the rest is `lent`.

    The data of a database come after what says where its write-ahead log begins, and that log comes last, so that it
    can mend what was written meanwhile. Sockets of others, where the folder is not the service's `own`, are there and
    refuse.
    """

    place: Path
    copy: Path
    leave_out: frozenset[Path]
    limits: Limits
    is_own: bool
    lent: list[Path] = field(default_factory=list[Path])
    _files: int = 0
    _size: int = 0
    _waiting: deque[Path] = field(default_factory=deque[Path])
    _last: deque[Path] = field(default_factory=deque[Path])
    _dressing: list[tuple[Path, os.stat_result]] = field(default_factory=list[tuple[Path, os.stat_result]])

    def run(self) -> None:
        """Blocks. Raises OSError where nothing can be written."""
        self.copy.mkdir(parents=True)
        self._dressing.append((self.copy, self.place.stat()))
        self._waiting.append(self.place)
        while self._waiting or self._last:
            folder = self._waiting.popleft() if self._waiting else self._last.popleft()
            if _is_data(folder) and self._takes_all(folder):
                _copy_at_once(folder, self._target(folder))
                continue
            for entry in entries_of(folder):
                if Path(entry.path) not in self.leave_out and entry.name != _DATABASE_LOCK:
                    with suppress(FileNotFoundError):
                        self._take(Path(entry.path), entry.stat(follow_symlinks=False))
        for target, facts in reversed(self._dressing):
            dress(target, facts)

    def _target(self, path: Path) -> Path:
        return self.copy / path.relative_to(self.place)

    def _take(self, path: Path, facts: os.stat_result) -> None:
        target, mode = self._target(path), facts.st_mode
        if stat.S_ISLNK(mode):
            target.symlink_to(os.readlink(path))  # noqa: PTH115 -- the link as it is written
        elif stat.S_ISDIR(mode):
            self._take_folder(path, target, facts)
        elif stat.S_ISSOCK(mode) and not self.is_own:
            _make_deaf_socket(target)
        elif stat.S_ISREG(mode) and not self._copied(path, target, facts) and not _LOG_NAME.fullmatch(path.name):
            target.touch()
            self.lent.append(path)

    def _take_folder(self, path: Path, target: Path, facts: os.stat_result) -> None:
        target.mkdir()
        if self._is_spent or self._is_lent(path):
            self.lent.append(path)
            return
        self._dressing.append((target, facts))
        (self._last if _is_data(path) else self._waiting).append(path)

    def _is_lent(self, folder: Path) -> bool:
        if self.limits.is_shallow or (_is_data(folder) and not self.limits.with_databases):
            return True
        return (
            folder.name in _LENT_NAMES or (folder / "pyvenv.cfg").exists() or not os.access(folder, os.R_OK | os.X_OK)
        )

    @property
    def _is_spent(self) -> bool:
        return self._files >= self.limits.files or self._size >= self.limits.bytes

    def _takes_all(self, folder: Path) -> bool:
        """All of the files below, or none."""
        sizes = [_size_of(at, name) for at, _, names in os.walk(folder) for name in names]
        fits = self._files + len(sizes) < self.limits.files and self._size + sum(sizes) < self.limits.bytes
        if fits:
            self._files, self._size = self._files + len(sizes), self._size + sum(sizes)
        return fits

    def _copied(self, path: Path, target: Path, facts: os.stat_result) -> bool:
        """False for what is too large, or not ours to read."""
        if self._is_spent or facts.st_size > self.limits.largest_bytes:
            return False
        self._files, self._size = self._files + 1, self._size + facts.st_size
        try:
            shutil.copyfile(path, target, follow_symlinks=False)
        except PermissionError:
            return False
        dress(target, facts)
        os.utime(target, ns=(facts.st_atime_ns, facts.st_mtime_ns))
        return True


def dress(target: Path, facts: os.stat_result) -> None:
    """Owner, as far as we may, then mode; a folder of ours stays ours to clear away."""
    with suppress(PermissionError):
        os.chown(target, facts.st_uid, facts.st_gid)
    with suppress(PermissionError):
        target.chmod(stat.S_IMODE(facts.st_mode))


def entries_of(folder: Path) -> list["os.DirEntry[str]"]:
    """By name; empty for what cannot be looked into."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _make_deaf_socket(target: Path) -> None:
    """By way of its folder: the whole path may be too long for a socket's name."""
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{folder}/{target.name}")
    finally:
        os.close(folder)


def _copy_at_once(folder: Path, target: Path) -> None:
    """By the system's own program, in a fraction of our time. What vanishes meanwhile is left out."""
    words = ("cp", "-a", "--reflink=auto", "--", f"{folder}/.", str(target))
    subprocess.run(words, check=False, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_COPY_S)


def _is_data(folder: Path) -> bool:
    """Of a database, by far the most of it."""
    return folder.name in _DATA_NAMES and is_database(folder.parent)


def _size_of(folder: str, name: str) -> int:
    try:
        return os.lstat(f"{folder}/{name}").st_size
    except OSError:
        return 0
