"""Files as bytes: read whole, written all or nothing, put back as they were. Links are followed and kept."""

import errno
import hashlib
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from prunella.configs.temporary import TEMPORARY_PREFIX, remove_if_dead, temporary_file, temporary_name
from prunella.domain.setting import FileState
from prunella.errors import Misuse, Rejected

MAX_BYTES = 8 * 1024 * 1024

_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
_ADVICE = {
    errno.ENOSPC: "The disk is full: free space first.",
    errno.EDQUOT: "The quota is used up: free space first.",
    errno.EROFS: "The file system is mounted read-only.",
    errno.EBUSY: "It is a mount point of its own and cannot be replaced: edit it where it comes from.",
    errno.EACCES: "Run as a user who may write in its folder.",
    errno.EPERM: "Run as a user who may write in its folder.",
    errno.ENOENT: "Its folder does not exist.",
}


@dataclass(frozen=True)
class Text:
    """A decoded file that can be encoded as it was."""

    text: str
    encoding: str = "utf-8"
    bom: bool = False

    def encode(self, new_text: str) -> bytes:
        """Raises Rejected for a letter that the file's encoding does not have."""
        try:
            return (_BOM if self.bom else b"") + new_text.encode(self.encoding)
        except UnicodeEncodeError as error:
            letter = new_text[error.start]
            raise Rejected(f"{letter!r} cannot be written in {self.encoding}, which this file is in.") from error


def decode(data: bytes) -> Text:
    """UTF-8, else Latin-1. Raises Rejected for what is no text."""
    if b"\0" in data or data.startswith(_OTHER_BOMS):
        what = "is UTF-16 or UTF-32" if data.startswith(_OTHER_BOMS) else "holds NUL bytes: it is no text"
        raise Rejected(f"The file {what}. Only UTF-8 and Latin-1 texts can be edited; convert it first.")
    bom = data.startswith(_BOM)
    body = data.removeprefix(_BOM)
    try:
        return Text(body.decode("utf-8"), "utf-8", bom)
    except UnicodeDecodeError:
        return Text(data.decode("latin-1"), "latin-1")


def read_bytes(path: Path) -> bytes:
    """The whole file. Raises Rejected when there is none, or it is no plain file, not readable or over 8 MB."""
    with _said_about(path, "read"), _opened(path) as (file, facts):
        if facts.st_size > MAX_BYTES:
            raise Rejected(f"{path} is {facts.st_size} bytes long; at most {MAX_BYTES} are read. Is it the file?")
        return file.read(MAX_BYTES + 1)


def state_of(path: Path) -> FileState:
    """What lies there now. A link to nothing exists and has an empty `sha256`.

    Raises Rejected for what is no plain file or may not be read.
    """
    with _said_about(path, "read"):
        link = _link_of(path)
        try:
            with _opened(path) as (file, facts):
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except (FileNotFoundError, NotADirectoryError):
            return FileState(path=path, exists=link is not None, link=link)
    return FileState(
        path=path, exists=True, sha256=digest, mode=stat.S_IMODE(facts.st_mode),
        uid=facts.st_uid, gid=facts.st_gid, link=link, mtime_ns=facts.st_mtime_ns,
    )  # fmt: skip


def write_atomically(path: Path, data: bytes, like: FileState | None = None) -> None:
    """All of `data` or the old content, whenever the process dies; on the disk when the call returns.

    Mode and owner are those of `like`, else of the file that is there; a new file gets what the umask leaves.
    Raises Rejected with nothing changed when it cannot be written or could not keep its owner.
    """
    real = Path(os.path.realpath(path))
    with _said_about(path, "written; it is as it was"):
        model = like if like and like.sha256 else state_of(real)
        _refuse_hard_links(real)
        _replace(real, data, model if model.sha256 else None)
    _flush_folder(real.parent)


def restore(path: Path, data: bytes | None, state: FileState) -> None:
    """Bytes, mode, owner, link and time as `state` says, or no file where there was none; idempotent.

    `data` None: there was no content (no file, or a link to nothing). Raises Rejected when it cannot be done.
    """
    if data is not None and hashlib.sha256(data).hexdigest() != state.sha256:
        raise Misuse(f"The bytes given for {path} are not those that its state describes.")
    if state_of(path).digest == state.digest:
        _put_time(path, state)
        return
    if not state.exists:
        _remove(path)
        return
    if state.link is None and path.is_symlink():
        _remove(path)
    if state.link is not None and _link_of(path) != state.link:
        _put_link(path, state.link)
    if data is None:
        _remove(Path(os.path.realpath(path)))
    else:
        write_atomically(path, data, state)
        _put_time(path, state)


def _put_time(path: Path, state: FileState) -> None:
    """Only for a file with content: a process that is older than its file would count as running on another one."""
    if state.sha256:
        with _said_about(path, "written"):
            os.utime(path, ns=(state.mtime_ns, state.mtime_ns))


def sweep(folder: Path) -> tuple[Path, ...]:
    """Remove what writers that died left in `folder`; files of living writers are locked by them and stay."""
    with _said_about(folder, "swept"):
        left = sorted(entry for entry in folder.iterdir() if entry.name.startswith(TEMPORARY_PREFIX))
    return tuple(path for path in left if remove_if_dead(path))


@contextmanager
def _said_about(path: Path, deed: str) -> Generator[None]:
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0, "") if deed.startswith("written") else _reading_advice(error)
        raise Rejected(f"{path} could not be {deed}: {error.strerror}. {advice}".rstrip()) from error


def _reading_advice(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "Check the path, or create the file."
    return "Run as a user who may read it." if isinstance(error, PermissionError) else ""


@contextmanager
def _opened(path: Path) -> Generator[tuple[BufferedReader, os.stat_result]]:
    """A plain file and its facts; a pipe in its place does not block."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        facts = os.fstat(descriptor)
        _refuse_no_file(path, facts)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file, facts
    finally:
        os.close(descriptor)


def _refuse_no_file(path: Path, facts: os.stat_result) -> None:
    if stat.S_ISDIR(facts.st_mode):
        raise Rejected(f"{path} is a folder. Name a file in it.")
    if not stat.S_ISREG(facts.st_mode):
        raise Rejected(f"{path} is no plain file (a device, pipe or socket). Name another.")


def _refuse_hard_links(real: Path) -> None:
    with suppress(FileNotFoundError):
        count = real.stat().st_nlink
        if count > 1:
            raise Rejected(f"{real} has {count} hard links; replacing it would part them. Edit it by hand.")


def _link_of(path: Path) -> str | None:
    try:
        return os.readlink(path)  # noqa: PTH115 # Path.readlink would normalise the target
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if error.errno == errno.EINVAL:
            return None
        raise


def _replace(real: Path, data: bytes, model: FileState | None) -> None:
    with temporary_file(real.parent, 0o600 if model else 0o666) as (descriptor, temporary):
        if model:
            _dress(descriptor, real, model)
        _write_all(descriptor, data)
        os.fsync(descriptor)
        temporary.replace(real)


def _dress(descriptor: int, real: Path, model: FileState) -> None:
    """Owner before mode, since a change of owner takes the set-user bits away; attributes where they can be kept."""
    facts = os.fstat(descriptor)
    if (facts.st_uid, facts.st_gid) != (model.uid, model.gid):
        try:
            os.fchown(descriptor, model.uid, model.gid)
        except PermissionError as error:
            owner = f"{model.uid}:{model.gid}"
            raise Rejected(f"{real} belongs to {owner}, which we may not keep. Run as its owner or as root.") from error
    with suppress(OSError):
        for name in os.listxattr(real):
            with suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(real, name))
    os.fchmod(descriptor, model.mode)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _remove(path: Path) -> None:
    with _said_about(path, "removed"):
        path.unlink(missing_ok=True)
        _flush_folder(path.parent)


def _put_link(path: Path, target: str) -> None:
    """A link in the place of whatever file is there, in one step."""
    temporary = temporary_name(path.parent)
    with _said_about(path, "written"):
        try:
            temporary.symlink_to(target)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    with _said_about(folder, "flushed to the disk"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
