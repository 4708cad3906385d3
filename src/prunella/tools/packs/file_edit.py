"""Changing one file so that it can be put back to the byte, and only if nobody else changed it since."""

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from prunella.configs.difference import unified
from prunella.configs.files import decode, read_bytes, restore, state_of, sweep, write_atomically
from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.setting import FileState
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Rejected
from prunella.redaction.redactor import Redactor
from prunella.tools.packs.alteration import alteration


class Before(Frozen):
    """A file ahead of our change: its state, its bytes (base64; None when there was no file), and the sha256 of what
    we are about to make of it (None: it will be gone).
    """

    state: FileState
    data: str | None
    after: str | None


@dataclass(frozen=True)
class FileEdit:
    """One file and the bytes that it shall hold; None: it shall be gone. `service` is the one it belongs to.

    A file that is new gets mode and owner of `like` (None: what the umask leaves).
    """

    path: Path
    after: bytes | None
    service: str
    like: FileState | None = None

    def prepare(self, redactor: Redactor) -> Prepared:
        """Touches nothing. Raises Rejected when the file says that already, or could not be replaced."""
        data = _read(self.path)
        if data == self.after:
            raise Rejected(f"{self.path} says that already; nothing would change.")
        _refuse_irreplaceable(Path(os.path.realpath(self.path)))
        before = Before(
            state=state_of(self.path),
            data=None if data is None else base64.b64encode(data).decode(),
            after=None if self.after is None else hashlib.sha256(self.after).hexdigest(),
        )
        difference = unified(self.path, _text(data), _text(self.after))
        altered = alteration(self.path, data, self.after)
        return Prepared(
            before=before.model_dump(mode="json"),
            touches=(f"file:{self.path}", f"service:{self.service}"),
            difference=redactor.text(difference),
            changes=altered.changes,
            is_opaque=altered.is_opaque,
            hunks=altered.hunks,
            written_bytes=len(self.after or b""),
        )

    def write(self) -> None:
        """Atomic; keeps mode, owner and links. Clears away what a writer that was killed left in its folder."""
        sweep(Path(os.path.realpath(self.path)).parent)
        if self.after is None:
            self.path.unlink()
        else:
            now = state_of(self.path)
            write_atomically(self.path, self.after, now if now.sha256 else self.like and _as_model(self.like))


def undo_edit(before: JsonValue) -> None:
    """Put the file back: bytes, mode, owner, link and time. Raises Conflict when it is neither as it was nor what we
    made of it, the time aside.
    """
    was = Before.model_validate(before)
    path, now = was.state.path, state_of(was.state.path)
    sweep(Path(os.path.realpath(path)).parent)
    if now.digest != was.state.digest and not _is_ours(now, was):
        raise Conflict(f"{path} was changed by somebody else since; it was left as it is. Compare it by hand.")
    restore(path, None if was.data is None else base64.b64decode(was.data), was.state)


def is_edited(before: JsonValue) -> bool | None:
    """True when the file is what we meant to make of it, False when it is as before, None when it is neither."""
    was = Before.model_validate(before)
    now = state_of(was.state.path)
    if now.digest == was.state.digest:
        return False
    return True if _sha(now) == was.after else None


def _is_ours(now: FileState, was: Before) -> bool:
    """What our writing leaves: it changes bytes only. The mode of a file that it makes is left to the umask."""
    if was.after is None or not was.state.sha256:
        return _sha(now) == was.after and now.link == was.state.link
    return now.digest == was.state.model_copy(update={"sha256": was.after}).digest


def _as_model(like: FileState) -> FileState:
    """Whose rights count; a file that was not read has no digest."""
    return like.model_copy(update={"sha256": like.sha256 or "of another"})


def _refuse_irreplaceable(real: Path) -> None:
    """A plan is refused before its first write, not in the middle."""
    if not real.parent.is_dir():
        raise Rejected(f"{real} cannot be written: its folder does not exist.")
    if not os.access(real.parent, os.W_OK | os.X_OK):
        raise Rejected(f"{real} cannot be replaced: its folder is not ours to write in. Run as a user who may.")
    if real.exists() and (links := real.stat().st_nlink) > 1:
        raise Rejected(f"{real} has {links} hard links; replacing it would part them. Edit it by hand.")


def _sha(state: FileState) -> str | None:
    return state.sha256 if state.exists else None


def _read(path: Path) -> bytes | None:
    """None for no file, and for a link to nothing."""
    return read_bytes(path) if state_of(path).sha256 else None


def _text(data: bytes | None) -> str:
    """For people: a file that was spoiled may hold anything."""
    try:
        return "" if data is None else decode(data).text
    except Rejected:
        return f"({len(data or b'')} bytes that are no text)\n"
