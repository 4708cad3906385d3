"""Removing a file that its operator declared disposable, kept on another disk from where it can be put back."""

import errno
import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prunella.configs.temporary import TEMPORARY_PREFIX
from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.storage.kept import KEPT_FILES
from prunella.tools.packs.aside import copy, opened_file, opened_folder, settle_folder
from prunella.world.disks import in_bytes
from prunella.world.disposables import is_young
from prunella.world.processes import Processes, open_files

KEPT = KEPT_FILES
_SPARE_BYTES = 16 * 1024 * 1024


class Dress(Frozen):
    """What a file has beside its bytes."""

    mode: int
    uid: int
    gid: int
    atime_ns: int
    mtime_ns: int


class Before(Frozen):
    """A file ahead of its removal, in its real folder, and where its copy will lie ("": it will have none)."""

    path: Path
    size: int
    dress: Dress
    copy_at: str


@dataclass(frozen=True)
class Discard:
    """One disposable file, and the folder that takes what is moved aside; on the same disk it takes nothing.

    `top` is the fleet's folder: below it, or outside of it, no link may be on the way to the file.
    """

    path: Path
    service: str
    folder: Path
    top: Path

    def prepare(self) -> Prepared:
        """Touches nothing. Raises Rejected for what is no plain file of its own, is in use or was changed just now."""
        facts = self._facts()
        copy_at = self._copy_at(facts)
        before = Before(path=self._real, size=facts.st_size, dress=_dress_of(facts), copy_at=str(copy_at or ""))
        kept = f"it is kept as {copy_at}" if copy_at else "it is gone for good"
        return Prepared(
            before=before.model_dump(mode="json"),
            touches=(f"file:{self.path}", f"service:{self.service}"),
            difference=f"{self.path} ({in_bytes(facts.st_blocks * 512)}) is removed; {kept}",
            reversible=copy_at is not None,
            note="" if copy_at else "No other disk has room to keep it, or its owner is not ours to give back",
        )

    def write(self) -> str:
        """Copy it, prove the copy, then remove it: nothing is written where it lies. Raises Rejected with the file as
        it was.
        """
        facts = self._facts()
        copy_at = self._copy_at(facts)
        try:
            with opened_folder(self._real.parent) as folder:
                if copy_at:
                    _keep(self._real.name, folder, copy_at)
                now = os.stat(self._real.name, dir_fd=folder, follow_symlinks=False)
                if _identity(now) != _identity(facts):
                    raise Rejected(f"{self.path} was changed meanwhile; it was left alone.")
                os.unlink(self._real.name, dir_fd=folder)
        except OSError as error:
            raise Rejected(f"{self.path} could not be removed: {error.strerror}. It is as it was.") from error
        return f"{self.path} is removed" + (f"; it is kept as {copy_at}" if copy_at else "")

    @property
    def _real(self) -> Path:
        """Below the fleet's folder as that really lies; elsewhere as it is written."""
        if self.path.is_relative_to(self.top):
            return Path(os.path.realpath(self.top)) / self.path.relative_to(self.top)
        return self.path

    def _facts(self) -> os.stat_result:
        """Of a file that may go now."""
        try:
            with opened_folder(self._real.parent) as folder:
                facts = os.stat(self._real.name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            raise Rejected(f"{self.path} cannot be looked at: {error.strerror}.") from error
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
            raise Rejected(f"{self.path} is no plain file with one name; only such are removed.")
        if not os.access(self._real.parent, os.W_OK | os.X_OK):
            raise Rejected(f"{self.path} lies in a folder that is not ours to write in. Run as a user who may.")
        if is_young(facts):
            raise Rejected(f"{self.path} was changed a moment ago: somebody may still need it. Look again later.")
        if users := tuple(_users(facts)):
            raise Rejected(f"{self.path} is open in process {users[0]}; end or restart that first.")
        return facts

    def _copy_at(self, file: os.stat_result) -> Path | None:
        """None where the folder is on the same disk, or has no room, and where we could not give its owner back. A copy
        that a crash left behind has this name.
        """
        place = next(each for each in (self.folder, *self.folder.parents) if each.exists())
        if place.stat().st_dev == file.st_dev or not _may_be_given(file):
            return None
        if shutil.disk_usage(place).free < file.st_blocks * 512 + _SPARE_BYTES:
            return None
        known = f"{file.st_ino}-{file.st_size}-{file.st_mtime_ns}-{self.path}"
        return self.folder / hashlib.sha256(os.fsencode(known)).hexdigest()[:24]


def undo_discard(before: JsonValue) -> None:
    """Put it back with its mode, owner and times; idempotent.

    Raises Conflict when something else has its name now, Irrecoverable when there is no room for it or no copy of it.
    """
    was = Before.model_validate(before)
    kept = Path(was.copy_at)
    draft = f"{TEMPORARY_PREFIX}{kept.name}"
    try:
        with opened_folder(was.path.parent) as folder:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=folder)
            if not _is_there(was, folder):
                _put_back(was, kept, folder, draft)
        if was.copy_at:
            kept.unlink(missing_ok=True)
    except FileExistsError as error:
        raise Conflict(f"{was.path} is another file now, which was left alone; ours is kept as {kept}.") from error
    except (OSError, Rejected) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Irrecoverable(f"{was.path} could not be put back from {kept}: {reason}.") from error


def is_discarded(before: JsonValue) -> bool | None:
    """None when another file has its name, or when it is gone and so is the copy that there should be."""
    was = Before.model_validate(before)
    try:
        with opened_folder(was.path.parent) as folder:
            if _is_there(was, folder):
                return False
    except FileExistsError:
        return None
    except (OSError, Rejected):
        return None
    return True if not was.copy_at or Path(was.copy_at).exists() else None


def _keep(name: str, folder: int, at: Path) -> None:
    """Under its name only when it is whole; with the mode, owner and times of the file."""
    at.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = at.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    with opened_folder(Path(os.path.realpath(at.parent))) as aside, opened_file(name, folder, os.O_RDONLY) as source:
        try:
            with opened_file(draft.name, aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600) as target:
                copy(source, target)
                _give(target, _dress_of(os.fstat(source)))
            draft.replace(at)
        finally:
            draft.unlink(missing_ok=True)
    settle_folder(at.parent)


def _put_back(was: Before, kept: Path, folder: int, draft: str) -> None:
    """It has its name when it is whole, and takes nobody's place."""
    if not was.copy_at or not kept.exists():
        raise OSError(errno.ENOENT, "there is no copy of it")
    with (
        opened_folder(Path(os.path.realpath(kept.parent))) as aside,
        opened_file(kept.name, aside, os.O_RDONLY) as source,
    ):
        try:
            with opened_file(draft, folder, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600) as target:
                copy(source, target)
                _give(target, was.dress)
                os.fsync(target)
            os.link(draft, was.path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=folder)
    settle_folder(was.path.parent)


def _give(target: int, dress: Dress) -> None:
    """Owner before mode, since a change of owner takes special bits away."""
    now = os.fstat(target)
    if (now.st_uid, now.st_gid) != (dress.uid, dress.gid):
        os.fchown(target, dress.uid, dress.gid)
    os.fchmod(target, dress.mode)
    os.utime(target, ns=(dress.atime_ns, dress.mtime_ns))


def _dress_of(facts: os.stat_result) -> Dress:
    return Dress(
        mode=stat.S_IMODE(facts.st_mode), uid=facts.st_uid, gid=facts.st_gid,
        atime_ns=facts.st_atime_ns, mtime_ns=facts.st_mtime_ns,
    )  # fmt: skip


def _may_be_given(facts: os.stat_result) -> bool:
    is_ours = facts.st_uid == os.geteuid() and facts.st_gid in {os.getegid(), *os.getgroups()}
    return is_ours or os.geteuid() == 0


def _is_there(was: Before, folder: int) -> bool:
    """Raises FileExistsError when something else has its name."""
    try:
        facts = os.stat(was.path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    is_alike = _dress_of(facts).model_copy(update={"atime_ns": was.dress.atime_ns}) == was.dress
    if not stat.S_ISREG(facts.st_mode) or facts.st_size != was.size or not is_alike:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    return True


def _identity(facts: os.stat_result) -> tuple[int, int, int, int, int]:
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _users(facts: os.stat_result) -> Iterator[int]:
    """The processes that have it open, for writing or else: its space would not come back."""
    for pid in Processes().parents:
        for number, target in open_files(pid):
            if target.startswith("/") and _is_it(f"/proc/{pid}/fd/{number}", facts):
                yield pid


def _is_it(descriptor: str, facts: os.stat_result) -> bool:
    try:
        held = os.stat(descriptor)  # noqa: PTH116 -- of what it is open on, not of a path
    except OSError:
        return False
    return (held.st_dev, held.st_ino) == (facts.st_dev, facts.st_ino)
