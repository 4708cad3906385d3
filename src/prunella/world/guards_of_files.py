"""What the file system guards: who may read, write or run a file, whose it is, and where a link leads."""

import grp
import pwd
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from prunella.domain.posture import Aspect, Stance
from prunella.domain.setting import FileState

_BITS = (
    (stat.S_IRGRP, "group may read", 1.0), (stat.S_IWGRP, "group may write", 1.0), (stat.S_IXGRP, "group may run", 1.0),
    (stat.S_IROTH, "others may read", 1.0), (stat.S_IWOTH, "others may write", 0.0),
    (stat.S_IXOTH, "others may run", 1.0),
    (stat.S_ISUID, "runs as its owner", 0.0), (stat.S_ISGID, "runs as its group", 0.0),
)  # fmt: skip
"""With what a bit that is not set is worth. A set one is worth one less: below zero, no new file may come with it."""


def rights_of(
    subject: str, state: FileState, path: Path, as_path: Callable[[Path], Path], better: FileState | None = None
) -> Iterator[Stance]:
    """One stance a right, since modes have no order of their own; nothing of a file that is not there.

    What it was like at a `better` time is no weaker than anything.
    """
    if not state.exists:
        return
    link = str(as_path(path.parent / state.link)) if state.link is not None else "no link"
    meant = None if better is None else state.link == better.link
    yield Stance(
        subject=subject, aspect=Aspect.OWNER, name="link", says=link, strength=_worth(meant), may_go=True
    )  # fmt: skip
    if state.sha256:
        yield from modes_of(subject, state, better.mode if better else 0)
        yield from owners_of(subject, state, better)


def modes_of(subject: str, state: FileState, usual: int = 0) -> Iterator[Stance]:
    """One stance a bit; the bits of the `usual` mode weaken nothing."""
    for bit, name, unset in _BITS:
        worth = unset - (1.0 if state.mode & bit & ~usual else 0.0)
        yield Stance(
            subject=subject, aspect=Aspect.MODE, name=name, says=f"{state.mode:04o}", strength=worth, may_go=True
        )


def owners_of(subject: str, state: FileState, better: FileState | None = None) -> Iterator[Stance]:
    """User and group; those of a `better` time are the right ones, where that is known."""
    user = None if better is None else state.uid == better.uid
    group = None if better is None else state.gid == better.gid
    told = (("user", user_name(state.uid), user), ("group", group_name(state.gid), group))
    for name, says, meant in told:
        yield Stance(subject=subject, aspect=Aspect.OWNER, name=name, says=says, strength=_worth(meant), may_go=True)


def _worth(meant: bool | None) -> float | None:
    """What is known to be right is; of anything else nobody can say which is weaker."""
    return 1.0 if meant else None


def user_name(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return str(uid)


def group_name(gid: int) -> str:
    try:
        return f"{grp.getgrgid(gid).gr_name} ({gid})"
    except KeyError:
        return str(gid)
