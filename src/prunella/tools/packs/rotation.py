"""Emptying a log that fills a disk, with a compressed copy elsewhere from which it can be put back."""

import gzip
import hashlib
import os
import shutil
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.storage.kept import KEPT_LOGS
from prunella.world.processes import Processes, open_files

KEPT = KEPT_LOGS
_CHUNK = 1024 * 1024
_LEVEL = 1
_SPARE_BYTES = 16 * 1024 * 1024
_MEASURED_BYTES = 16 * 1024 * 1024


class Before(Frozen):
    """A log ahead of our emptying it: which file it is, how long it was at least, and where its copy will lie ("": it
    will have none).
    """

    path: Path
    inode: int
    size: int
    copy_at: str


@dataclass(frozen=True)
class Rotation:
    """One log, and the folder that takes compressed copies; one that lies on the same disk takes none."""

    path: Path
    service: str
    folder: Path

    def prepare(self) -> Prepared:
        """Touches nothing. Raises Rejected for what is no plain file, is empty, or is written without appending."""
        facts = _facts(self.path)
        if not facts.st_size:
            raise Rejected(f"{self.path} is empty already.")
        _refuse_other_writers(self.path, facts)
        copy_at = self._copy_at(facts)
        before = Before(path=self.path, inode=facts.st_ino, size=facts.st_size, copy_at=str(copy_at or ""))
        kept = f"a compressed copy is kept as {copy_at}" if copy_at else "what it says is gone for good"
        return Prepared(
            before=before.model_dump(mode="json"),
            touches=(f"file:{self.path}", f"service:{self.service}"),
            difference=f"{self.path}: {facts.st_size} bytes → 0; {kept}",
            reversible=copy_at is not None,
            note="" if copy_at else "No other disk has room for a copy of it",
        )

    def write(self) -> str:
        """Copy what it says, then empty it in place; its writer goes on. A line that is written in the moment between
        the two is lost. Raises Rejected with the log as it was.
        """
        copy_at = self._copy_at(_facts(self.path))
        try:
            if copy_at:
                copy_at.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                _copy(self.path, copy_at)
            os.truncate(self.path, 0)
        except OSError as error:
            raise Rejected(f"{self.path} could not be emptied: {error.strerror}. It is as it was.") from error
        return f"{self.path} is empty" + (f"; what it said is in {copy_at}" if copy_at else "")

    def _copy_at(self, log: os.stat_result) -> Path | None:
        """The next free name in the folder; None where that is on the same disk, or has no room for a copy as small
        as the log's beginning lets expect.
        """
        place = next(each for each in (self.folder, *self.folder.parents) if each.exists())
        if place.stat().st_dev == log.st_dev:
            return None
        if shutil.disk_usage(place).free < _expected(self.path, log.st_size) + _SPARE_BYTES:
            return None
        stem = f"{hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]}-{log.st_ino}"
        numbers = range(1, 10_000)
        return next(at for number in numbers if not (at := self.folder / f"{stem}-{number}.gz").exists())


def undo_rotation(before: JsonValue) -> None:
    """What it said, then what was written since; the same file, so that its writer goes on. Idempotent.

    Raises Conflict when another file has its name now, Irrecoverable when there is no room for it or no copy of it.
    """
    was = Before.model_validate(before)
    copy, tail = Path(was.copy_at), Path(f"{was.copy_at}.since")
    facts = _facts(was.path)
    if facts.st_ino != was.inode:
        raise Conflict(f"{was.path} is another file now; what it said is in {copy}.")
    if not copy.exists():
        if facts.st_size >= was.size:
            return
        raise Irrecoverable(f"{was.path} was emptied, and its copy {copy} is gone.")
    try:
        if facts.st_size < was.size and not tail.exists():
            draft = tail.with_suffix(".draft")
            draft.write_bytes(was.path.read_bytes())
            draft.replace(tail)
        if tail.exists():
            _write_back(was.path, copy, tail)
        copy.unlink()
    except OSError as error:
        raise Irrecoverable(f"{was.path} could not be put back from {copy}: {error.strerror}.") from error


def is_emptied(before: JsonValue) -> bool | None:
    """None when another file has its name, or when it is shorter and there is no copy although there should be one."""
    was = Before.model_validate(before)
    try:
        facts = _facts(was.path)
    except Rejected:
        return None
    if facts.st_ino != was.inode:
        return None
    if facts.st_size >= was.size:
        return False
    return True if not was.copy_at or Path(was.copy_at).exists() else None


def _write_back(path: Path, copy: Path, tail: Path) -> None:
    with path.open("r+b") as log, gzip.open(copy, "rb") as said, tail.open("rb") as since:
        shutil.copyfileobj(said, log, _CHUNK)
        shutil.copyfileobj(since, log, _CHUNK)
        log.flush()
        os.fsync(log.fileno())
    tail.unlink()


def _copy(path: Path, at: Path) -> None:
    """On the disk when it returns, and whole: under its name only then."""
    draft = at.with_suffix(".draft")
    descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as raw:
            with path.open("rb") as log, gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed:
                shutil.copyfileobj(log, packed, _CHUNK)
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(at)
    finally:
        draft.unlink(missing_ok=True)


def _expected(path: Path, size: int) -> int:
    """How large a copy will be, by its first 16 MB, and a quarter more."""
    packer, taken, packed = zlib.compressobj(_LEVEL), 0, 0
    with path.open("rb") as log:
        while taken < _MEASURED_BYTES and (chunk := log.read(_CHUNK)):
            taken, packed = taken + len(chunk), packed + len(packer.compress(chunk))
    packed += len(packer.flush())
    return int(1.25 * packed * max(size, 1) / max(taken, 1))


def _facts(path: Path) -> os.stat_result:
    try:
        facts = path.lstat()
    except OSError as error:
        raise Rejected(f"{path} cannot be looked at: {error.strerror}.") from error
    if not stat.S_ISREG(facts.st_mode):
        raise Rejected(f"{path} is no plain file.")
    return facts


def _refuse_other_writers(path: Path, facts: os.stat_result) -> None:
    """One that does not append would go on behind a hole as large as the log was."""
    for pid, number in _holders(facts):
        flags = next(
            (int(line.split()[1], 8) for line in _fdinfo(pid, number) if line.startswith("flags:")), os.O_APPEND
        )  # fmt: skip
        if flags & (os.O_WRONLY | os.O_RDWR) and not flags & os.O_APPEND:
            raise Rejected(f"Process {pid} does not append to {path}: reload or restart it with the log moved away.")


def _holders(facts: os.stat_result) -> Iterator[tuple[int, str]]:
    for pid in Processes().parents:
        for number, target in open_files(pid):
            if target.startswith("/") and _is_it(f"/proc/{pid}/fd/{number}", facts):
                yield pid, number


def _is_it(descriptor: str, facts: os.stat_result) -> bool:
    try:
        held = os.stat(descriptor)  # noqa: PTH116 -- of what it is open on, not of a path
    except OSError:
        return False
    return (held.st_dev, held.st_ino) == (facts.st_dev, facts.st_ino)


def _fdinfo(pid: int, number: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/fdinfo/{number}").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
