"""A text while it is being put away."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

from prunella.errors import Rejected
from prunella.evidence.sealed import SealingFile
from prunella.sealing import Sealer

_SPARE_BYTES = 64 << 20
_LEADING = bytes(byte for byte in range(256) if byte & 0xC0 != 0x80)


@dataclass
class Draft:
    """A text while it is written: counted, hashed, sealed where there is a key, and gone unless it is published."""

    file: BinaryIO | SealingFile
    path: Path
    sha256: Any = field(default_factory=hashlib.sha256)
    chars: int = 0
    newlines: int = 0
    ends_open: bool = False

    @classmethod
    def open(cls, folder: Path, sealer: Sealer | None = None) -> Self:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        file = os.fdopen(handle, "wb")
        return cls(SealingFile(file, sealer) if sealer else file, Path(name))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)

    @property
    def lines(self) -> int:
        return self.newlines + self.ends_open

    @property
    def digest(self) -> str:
        """The SHA-256 of what was written, in hex."""
        return self.sha256.hexdigest()

    def write(self, data: bytes) -> None:
        """Raises Rejected when the disk would get full: others need what is left."""
        if shutil.disk_usage(self.path.parent).free < len(data) + _SPARE_BYTES:
            raise Rejected(f"There is no room in {self.path.parent} to keep this text. Free some space there.")
        self.file.write(data)
        self.sha256.update(data)
        self.chars += _characters(data)
        self.newlines += data.count(b"\n")
        self.ends_open = not data.endswith(b"\n") if data else self.ends_open

    def publish(self, path: Path) -> None:
        self.file.close()
        self.path.replace(path)


def _characters(data: bytes) -> int:
    """Of UTF-8, wherever it was cut: bytes that do not continue a character."""
    return len(data) - len(data.translate(None, _LEADING))


def write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, with mode 0600."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
