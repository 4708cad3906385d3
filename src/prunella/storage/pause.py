"""The file that stops all agents: it survives every process, and a restart of the machine."""

import json
import os
import tempfile
from pathlib import Path

from pydantic import ValidationError

from prunella.domain.pause import Pause
from prunella.errors import Misuse
from prunella.protocols import PauseSwitch

_NAME = "paused.json"


class PauseFile(PauseSwitch):
    """`paused.json` in the state folder `home`, for its owner only. While it is there, agents stand still.

    A file that cannot be read stops them too: nobody who stopped all agents should see them go on for that.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / _NAME

    def pause(self) -> Pause | None:
        try:
            return Pause.model_validate(json.loads(self._path.read_bytes()))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, ValidationError) as error:
            return Pause(by="somebody", at=self._since(), reason=f"{self._path} cannot be read: {error}")

    def stop(self, pause: Pause) -> Pause:
        """All agents stand still when this returns, but for what they have in hand; the file is on the disk.

        The first who stops them stays the one who did. Raises Misuse where the file cannot be written.
        """
        try:
            self._write(json.dumps(pause.model_dump()).encode())
        except FileExistsError:
            return self.pause() or pause
        except OSError as error:
            raise Misuse(f"{self._path} cannot be written ({error.strerror}); agents were not stopped.") from error
        return pause

    def resume(self) -> Pause | None:
        """What was there; None when nobody had stopped anything. Raises Misuse when it cannot be taken away."""
        found = self.pause()
        try:
            self._path.unlink(missing_ok=True)
            self._sync_folder()
        except OSError as error:
            raise Misuse(f"{self._path} cannot be removed ({error.strerror}); agents stand still.") from error
        return found

    def _write(self, content: bytes) -> None:
        """Whole or not at all, and never over one that is there."""
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{_NAME}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(name, self._path)
        finally:
            Path(name).unlink()
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _since(self) -> float:
        try:
            return self._path.stat().st_mtime
        except OSError:
            return 0.0
