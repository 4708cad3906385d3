"""Where in a start command the server itself begins, behind those that only launch it (`runuser -u postgres -- …`)."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple


class _Launcher(NamedTuple):
    """Flags that take the next word as their value, and how many words come before the command."""

    valued: frozenset[str] = frozenset()
    words: int = 0


def _flags(text: str, words: int = 0) -> _Launcher:
    return _Launcher(frozenset(text.split()), words)


_LAUNCHERS = {
    "chpst": _flags("-u -U -b -/ -e -n -l -L -m -d -o -p -f -c -r -t"),
    "chroot": _flags("", 1),
    "chrt": _flags("", 1),
    "doas": _flags("-u -C"),
    "dumb-init": _flags("-r"),
    "env": _flags("-u -C -S"),
    "exec": _flags("-a"),
    "faketime": _flags("", 1),
    "gosu": _flags("", 1),
    "ionice": _flags("-c -n"),
    "nice": _flags("-n"),
    "nohup": _flags(""),
    "numactl": _flags("-N -m -C -i -p"),
    "prlimit": _flags(""),
    "runuser": _flags("-u -g -G"),
    "setpriv": _flags(
        "--reuid --regid --ruid --euid --rgid --egid --groups --inh-caps --ambient-caps --bounding-set --securebits "
        "--pdeathsig --selinux-label --apparmor-profile"
    ),
    "setsid": _flags(""),
    "setuidgid": _flags("", 1),
    "s6-setuidgid": _flags("", 1),
    "stdbuf": _flags("-i -o -e"),
    "su-exec": _flags("", 1),
    "sudo": _flags("-u -g -h -p -C -D -r -t -T -U"),
    "taskset": _flags("", 1),
    "timeout": _flags("-k -s", 1),
    "tini": _flags("-p -e"),
    "unshare": _flags("-S -G -R -w"),
}
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "su", "runuser"})
_VARIABLE = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_PLAIN_QUOTES = re.compile(r"""'[^']*'|"[^"$`\\]*\"""")
_SHELL_ONLY = re.compile(r"[|&;<>()$`*?\[\]{}~\n]")


@dataclass(frozen=True)
class Launched:
    """`before` launches `server`. `is_script`: it takes the server's words as one, as `sh -c` does."""

    before: tuple[str, ...]
    server: tuple[str, ...]
    is_script: bool = False

    @property
    def name(self) -> str:
        return PurePath(self.server[0]).name

    def launching(self, words: Sequence[str]) -> tuple[str, ...]:
        """Another command, launched the same way."""
        return (*self.before, shlex.join(words)) if self.is_script else (*self.before, *words)


def launched(command: Sequence[str]) -> Launched | None:
    """None where it cannot be told: a shell does more than start one program, or there is nothing to start."""
    at = 0
    while at < len(command):
        name = PurePath(command[at]).name
        if name in _SHELLS and "-c" in command[at:]:
            return _in_script(command, command.index("-c", at) + 1)
        if name not in _LAUNCHERS:
            return Launched(tuple(command[:at]), tuple(command[at:])) if name not in _SHELLS else None
        at = _behind(command, at + 1, _LAUNCHERS[name])
    return None


def _in_script(command: Sequence[str], at: int) -> Launched | None:
    script = command[at] if at < len(command) else ""
    if _SHELL_ONLY.search(_PLAIN_QUOTES.sub("", script)):
        return None
    try:
        inner = launched([word for word in shlex.split(script) if word != "exec"])
    except ValueError:
        return None
    if inner is None or inner.before or command[at + 1 :]:
        return None
    return Launched(tuple(command[:at]), inner.server, is_script=True)


def _behind(command: Sequence[str], at: int, launcher: _Launcher) -> int:
    """Where the words end that are the launcher's own."""
    words = launcher.words
    for place, word in _own(command, at, launcher):
        if word == "--":
            return place + 1
        if words == 0:
            return place
        words -= 1
    return len(command)


def _own(command: Sequence[str], at: int, launcher: _Launcher) -> Iterator[tuple[int, str]]:
    """The words from there on that are neither flags, nor values of flags, nor variables; and `--`."""
    while at < len(command):
        word = command[at]
        if word == "--" or not (word.startswith("-") or _VARIABLE.fullmatch(word)):
            yield at, word
        at += 2 if word in launcher.valued else 1
