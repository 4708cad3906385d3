"""The state folder: where everything is kept, for its owner's eyes only."""

import os
import tempfile
from pathlib import Path

from prunella.errors import Misuse

_ADVICE = "Set PRUNELLA_HOME to a folder that can be written."


def open_folder(path: Path) -> Path:
    """The folder at `path`, absolute and proven writable; created with mode 0700 when missing.

    The mode of a folder that is already there is left alone. Raises Misuse.
    """
    folder = path.expanduser().absolute()
    try:
        make_private_folder(folder)
        _prove_writable(folder)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Misuse(f"The state folder {folder} cannot be used: {reason}. {_ADVICE}") from error
    return folder


def make_private_folder(folder: Path) -> None:
    """Creates `folder` with mode 0700 and what is above it; leaves an existing one as it is. Raises OSError."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(None, "there is a file in its place") from None
    else:
        folder.chmod(0o700)  # whatever the umask says


def make_private_file(path: Path) -> None:
    """Creates `path` empty with mode 0600, or takes away what others may do with it. Raises OSError.

    An existing file is never opened: closing it again would drop the locks that SQLite holds on it in this process
    (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)


def _prove_writable(folder: Path) -> None:
    """Writes a page and takes it away, so that a full disk is noticed before anything is touched."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"\0" * 4096)
