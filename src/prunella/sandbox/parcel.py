"""A job's files on their way in and out, as tar in memory: no path of the host is ever touched."""

import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from prunella.errors import Rejected

MOST_FILES = 200
_MEBIBYTE = 1024 * 1024
_LONGEST_PATH = 200


def pack(files: Mapping[str, str], most_mb: int, *, beside: Mapping[str, str] | None = None) -> bytes:
    """Raises Rejected for a path that leaves the folder or is none, and for more than fits there. `beside` are files
    of ours, which do not count.
    """
    if len(files) > MOST_FILES:
        raise Rejected(f"{len(files)} files are too many for the sandbox: give {MOST_FILES} at most.")
    parcel = io.BytesIO()
    with tarfile.open(fileobj=parcel, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, text in (*files.items(), *(beside or {}).items()):
            _add(tar, _checked(path), text.encode("utf-8", "replace"))
    if parcel.tell() > most_mb * _MEBIBYTE:
        raise Rejected(f"The files are larger than the {most_mb} MB of the sandbox: give less of them.")
    return parcel.getvalue()


def unpack(parcel: bytes, given: Mapping[str, str], most_chars: int = 1_000_000) -> dict[str, str]:
    """The text files that are not as they were given, by path; bounded in number, and in size by `most_chars`. Never
    raises for what a job made of the parcel: what cannot be read is left out.
    """
    given = {str(PurePosixPath(path)): text for path, text in given.items()}
    found: dict[str, str] = {}
    room = most_chars
    for path, text in _texts(parcel, most_chars):
        if given.get(path) != text and len(text) <= room and len(found) < MOST_FILES:
            found[path] = text
            room -= len(text)
    return dict(sorted(found.items()))


def _add(tar: tarfile.TarFile, path: str, content: bytes) -> None:
    member = tarfile.TarInfo(path)
    member.size, member.mode = len(content), 0o755
    tar.addfile(member, io.BytesIO(content))


def _checked(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts or "\0" in path or len(path) > _LONGEST_PATH:
        raise Rejected(f"{path[:_LONGEST_PATH]!r} is no path for a file of a job: give a relative one without `..`.")
    return str(parts)


def _texts(parcel: bytes, most_chars: int) -> Iterator[tuple[str, str]]:
    """Regular files only: links and devices stay behind, whatever they point to."""
    try:
        with tarfile.open(fileobj=io.BytesIO(parcel), mode="r:") as tar:
            for member in tar:
                text = _text(tar, member, most_chars)
                if text is not None:
                    yield str(PurePosixPath(member.name)), text
    except (tarfile.TarError, OSError, ValueError, OverflowError):  # cut short, or forged
        return


def _text(tar: tarfile.TarFile, member: tarfile.TarInfo, most_chars: int) -> str | None:
    is_plain = member.isreg() and not member.issparse() and 0 <= member.size <= most_chars * 4
    content = tar.extractfile(member) if is_plain and "__pycache__" not in member.name else None
    try:
        return content.read().decode() if content else None
    except UnicodeDecodeError:
        return None
