"""Does a running process look like the declared command? Pure but for the look at a script's first line."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TAG = "PRUNELLA_SERVICE"
CONFIG = "PRUNELLA_CONFIG"


@dataclass(frozen=True)
class Declared:
    """A service's command with what it takes to recognise it.

    `output` is the file that its first two streams were opened on, if any: some servers (nginx, redis, postgres)
    overwrite their environment with their title, and then that file is the only mark left. `uid` is whose it is.
    """

    tag: str
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    output: Path | None = None
    uid: int | None = None

    def is_tagged(self, environment: Mapping[str, str]) -> bool:
        return environment.get(TAG) == self.tag

    def may_adopt(self, environment: Mapping[str, str]) -> bool:
        """False for a process that carries another service's tag or another value of a declared variable."""
        if TAG in environment:
            return False
        return all(environment.get(name, value) == value for name, value in self.env.items())

    def matches(self, argv: tuple[str, ...], exe: str) -> bool:
        """True when `argv` is the declared command, or what the kernel makes of it when it is a script."""
        script = shutil.which(self.command[0], path=self._search_path()) or self.command[0]
        program = self.cwd / script
        if _same_program(self.command[0], program, argv[0], exe) and argv[1:] == self.command[1:]:
            return True
        interpreter = interpreter_of(program)
        count = len(interpreter)
        return bool(
            interpreter
            and len(argv) > count
            and Path(argv[0]).name == Path(interpreter[0]).name
            and argv[1:count] == interpreter[1:]
            and (self.cwd / argv[count]).resolve() == program.resolve()
            and argv[count + 1 :] == self.command[1:]
        )

    def _search_path(self) -> str:
        return self.env.get("PATH", os.environ.get("PATH", os.defpath))


def _same_program(name: str, program: Path, argv0: str, exe: str) -> bool:
    if Path(name).name == Path(argv0).name:
        return "/" not in name or "/" not in argv0 or not exe or program.resolve() == Path(exe).resolve()
    return bool(exe) and program.resolve() == Path(exe).resolve()


def interpreter_of(program: Path) -> tuple[str, ...]:
    """The words of a script's `#!` line without `env`; empty when it is no script or cannot be read."""
    try:
        with program.open("rb") as file:
            first = file.readline(256)
    except OSError:
        return ()
    if not first.startswith(b"#!"):
        return ()
    words = first[2:].decode(errors="replace").split()
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if word != "-S"]
    return tuple(words)
