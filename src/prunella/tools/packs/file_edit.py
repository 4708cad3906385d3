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


class Before(Frozen):
    """A file ahead of our change: its state, its bytes (base64; None when there was no file), and the sha256 of what
    we are about to make of it (None: it will be gone).
    """

    state: FileState
    data: str | None
    after: str | None


@dataclass(frozen=True)
class FileEdit:
    """One file and the bytes that it shall hold; None: it shall be gone. `service` is the one it belongs to."""

    path: Path
    after: bytes | None
    service: str

    def prepare(self, redactor: Redactor) -> Prepared:
        """Touches nothing. Raises Rejected when the file says that already."""
        data = _read(self.path)
        if data == self.after:
            raise Rejected(f"{self.path} says that already; nothing would change.")
        before = Before(
            state=state_of(self.path),
            data=None if data is None else base64.b64encode(data).decode(),
            after=None if self.after is None else hashlib.sha256(self.after).hexdigest(),
        )
        difference = unified(self.path, _text(data), _text(self.after))
        return Prepared(
            before=before.model_dump(mode="json"),
            touches=(f"file:{self.path}", f"service:{self.service}"),
            difference=redactor.text(difference),
        )

    def write(self) -> None:
        """Atomic; keeps mode, owner and links. Clears away what a writer that was killed left in its folder."""
        sweep(Path(os.path.realpath(self.path)).parent)
        if self.after is None:
            self.path.unlink()
        else:
            write_atomically(self.path, self.after, state_of(self.path))


def undo_edit(before: JsonValue) -> None:
    """Put the file back: bytes, mode, owner, link. Does nothing when it is as it was; raises Conflict when it is
    neither that nor what we made of it.
    """
    was = Before.model_validate(before)
    path, now = was.state.path, state_of(was.state.path)
    sweep(Path(os.path.realpath(path)).parent)
    if now.digest == was.state.digest:
        return
    if _sha(now) != was.after:
        raise Conflict(f"{path} was changed by somebody else since; it was left as it is. Compare it by hand.")
    restore(path, None if was.data is None else base64.b64decode(was.data), was.state)


def is_edited(before: JsonValue) -> bool | None:
    """True when the file is what we meant to make of it, False when it is as before, None when it is neither."""
    was = Before.model_validate(before)
    now = state_of(was.state.path)
    if now.digest == was.state.digest:
        return False
    return True if _sha(now) == was.after else None


def _sha(state: FileState) -> str | None:
    return state.sha256 if state.exists else None


def _read(path: Path) -> bytes | None:
    return read_bytes(path) if state_of(path).exists else None


def _text(data: bytes | None) -> str:
    return "" if data is None else decode(data).text
