"""Which rights a file or folder should have: those of a better day, else those that lie around it have."""

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from prunella.domain.setting import FileState
from prunella.world.guards_of_files import group_name, user_name
from prunella.world.paths import look_at, start_of

KNOWN_GOOD = "known good"
BESIDE = "what lies beside it"
_MOST_BESIDE = 256
_HEAD_BYTES = 4096
_PRIVATE = b"PRIVATE KEY-----"


@dataclass(frozen=True)
class Rights:
    """Permission bits, user and group; `where` is from where they are known."""

    mode: int
    uid: int
    gid: int
    where: str = ""

    @property
    def shown(self) -> str:
        """`0755 root:www-data`."""
        return f"{self.mode:04o} {self.owner}"

    @property
    def owner(self) -> str:
        """By name where there is one."""
        return f"{user_name(self.uid).partition(' ')[0]}:{group_name(self.gid).partition(' ')[0]}"


def rights_in(state: FileState, where: str = "") -> Rights:
    return Rights(state.mode, state.uid, state.gid, where)


def usual_rights(path: Path, good: Mapping[Path, FileState], configs: Collection[Path] = ()) -> Rights | None:
    """Those of the known good, else the commonest around it; None where neither tells.

    Around a folder lie the folders beside and in it, and its readable files, which were meant to be got at; around a
    file the files beside it. Of private keys and of `configs`, which may hold secrets, only the known good tells.
    """
    if path in good and good[path].exists and good[path].link is None:
        return rights_in(good[path], KNOWN_GOOD)
    found = look_at(path)
    if path in configs or found is None or not found.state.exists or found.state.link is not None or is_private(path):
        return None
    around = _folders_around(path) if found.is_folder else _files_beside(path)
    counted = Counter(around)
    if not counted:
        return None
    most = max(counted.values())
    mode, uid, gid = min(each for each, times in counted.items() if times == most)
    return Rights(mode, uid, gid, BESIDE)


def is_private(path: Path) -> bool:
    """A private key, whoever else may read what lies beside it."""
    return _PRIVATE in start_of(path, _HEAD_BYTES)


def _folders_around(path: Path) -> Iterator[tuple[int, int, int]]:
    yield from (_bare(facts) for facts in _entries(path.parent, path) if stat.S_ISDIR(facts.st_mode))
    for facts in _entries(path):
        if stat.S_ISDIR(facts.st_mode):
            yield _bare(facts)
        elif stat.S_ISREG(facts.st_mode):
            reads = facts.st_mode & 0o444
            yield 0o300 | reads | reads >> 2, facts.st_uid, facts.st_gid


def _files_beside(path: Path) -> Iterator[tuple[int, int, int]]:
    beside = _entries(path.parent, path)
    yield from (_bare(facts) for facts in beside if stat.S_ISREG(facts.st_mode))


def _bare(facts: os.stat_result) -> tuple[int, int, int]:
    """Of what others may write, nobody is to learn."""
    return stat.S_IMODE(facts.st_mode) & 0o775, facts.st_uid, facts.st_gid


def _entries(folder: Path, but: Path | None = None) -> Iterable[os.stat_result]:
    try:
        with os.scandir(folder) as found:
            listed = [each for each in islice(found, _MOST_BESIDE) if but is None or each.name != but.name]
            return [each.stat(follow_symlinks=False) for each in listed if not each.is_symlink()]
    except OSError:
        return []
