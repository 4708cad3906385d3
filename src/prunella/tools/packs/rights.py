"""Changing the mode and owner of one file or folder, so that it can be put back."""

import grp
import os
import pwd
import re
import stat
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.posture import Aspect, Downgrade, Posture
from prunella.domain.setting import FileState
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Irrecoverable, Rejected
from prunella.policy.posture import downgrades
from prunella.world.guards_of_files import modes_of, owners_of
from prunella.world.paths import look_at
from prunella.world.rights import Rights, rights_in, usual_rights

_OCTAL = re.compile(r"(?:0o?)?([0-7]{3,4})")
_SPECIAL = stat.S_ISUID | stat.S_ISGID
_SHIELDED = (Aspect.MODE, Aspect.OWNER)


class Before(Frozen):
    """Rights ahead of our change, and those that we are about to give."""

    path: Path
    inode: int
    mode: int
    uid: int
    gid: int
    new_mode: int
    new_uid: int
    new_gid: int


@dataclass(frozen=True)
class RightsEdit:
    """One path and the rights that it shall have. `mode` is octal, `owner` is `user:group`, `user` or `:group`; ""
    leaves it as it is.
    """

    path: Path
    mode: str
    owner: str
    service: str

    def prepare(self, good: Mapping[Path, FileState], configs: Collection[Path] = ()) -> Prepared:
        """Touches nothing. Raises Rejected for links, for rights that it has, and for those that nobody should have."""
        state, inode = _state(self.path)
        before = self._before(state, inode)
        now, new = rights_in(state), Rights(before.new_mode, before.new_uid, before.new_gid)
        if now.shown == new.shown:
            raise Rejected(f"{self.path} is {now.shown} already; nothing would change.")
        _refuse_unsafe(self.path, before)
        usual = usual_rights(self.path, good, configs)
        after = state.model_copy(update={"mode": new.mode, "uid": new.uid, "gid": new.gid})
        weaker = weakened_rights(state, after, usual)
        return Prepared(
            before=before.model_dump(mode="json"),
            touches=(f"file:{self.path}", f"service:{self.service}"),
            difference=f"{self.path}: {now.shown} → {new.shown}",
            must_ask=_concern(usual) if weaker else "",
            weakens=weaker,
        )

    def write(self) -> None:
        """Of this one path only; never through a link."""
        state, inode = _state(self.path)
        before = self._before(state, inode)
        _refuse_unsafe(self.path, before)
        _give(self.path, before.new_uid, before.new_gid, before.new_mode)

    def _before(self, state: FileState, inode: int) -> Before:
        uid, gid = _owner(self.owner, state)
        return Before(
            path=self.path, inode=inode, mode=state.mode, uid=state.uid, gid=state.gid,
            new_mode=_mode(self.mode, state.mode), new_uid=uid, new_gid=gid,
        )  # fmt: skip


def undo_rights(before: JsonValue) -> None:
    """Give back what it had; idempotent. Raises Conflict when it is another file, or has rights that are neither."""
    was = Before.model_validate(before)
    try:
        state, inode = _state(was.path)
    except Rejected as error:
        raise Conflict(f"{was.path} is not what it was: {error}") from error
    is_ours = {state.mode} <= {was.mode, was.new_mode, was.mode & ~_SPECIAL} and inode == was.inode
    if not (is_ours and state.uid in {was.uid, was.new_uid} and state.gid in {was.gid, was.new_gid}):
        raise Conflict(f"{was.path} was changed by somebody else since; it was left as it is. Compare it by hand.")
    try:
        _give(was.path, was.uid, was.gid, was.mode)
    except Rejected as error:
        raise Irrecoverable(str(error)) from error


def are_given(before: JsonValue) -> bool | None:
    """None when it has neither the old rights nor the new ones."""
    was = Before.model_validate(before)
    with suppress(Rejected):
        state, _ = _state(was.path)
        now = (state.mode, state.uid, state.gid)
        if now == (was.new_mode, was.new_uid, was.new_gid):
            return True
        return False if now == (was.mode, was.uid, was.gid) else None
    return None


def _concern(usual: Rights | None) -> str:
    if usual is None:
        return "it would be less guarded than it is, and nothing tells how it was meant"
    return f"it would be less guarded than it is, and than {usual.where} ({usual.shown})"


def weakened_rights(before: FileState, after: FileState, usual: Rights | None) -> tuple[Downgrade, ...]:
    """What the change of rights weakens; the usual ones weaken nothing."""
    better = before.model_copy(update={"mode": usual.mode, "uid": usual.uid, "gid": usual.gid}) if usual else None
    subject = f"file:{before.path}"
    was, now = (
        Posture(stances=(*modes_of(subject, each, better.mode if better else 0), *owners_of(subject, each, better)))
        for each in (before, after)
    )
    return tuple(each for each in downgrades(was, now) if each.aspect in _SHIELDED)


def _state(path: Path) -> tuple[FileState, int]:
    found = look_at(path)
    if found is None or not found.state.exists:
        raise Rejected(f"{path} is not there, or may not be looked at.")
    if found.state.link is not None:
        raise Rejected(f"{path} is a link; links have no rights of their own. Name what it leads to.")
    return found.state, path.lstat().st_ino


def _mode(text: str, now: int) -> int:
    if not text:
        return now
    match = _OCTAL.fullmatch(text.strip())
    if match is None:
        raise Rejected(f"{text!r} is no mode. Write three or four octal digits, such as 0640.")
    return int(match[1], 8)


def _owner(text: str, state: FileState) -> tuple[int, int]:
    user, _, group = text.partition(":")
    try:
        uid = state.uid if not user else int(user) if user.isdecimal() else pwd.getpwnam(user).pw_uid
        gid = state.gid if not group else int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError as error:
        raise Rejected(f"There is no such user or group: {error}. Known owners are listed by files.list.") from error
    return uid, gid


def _refuse_unsafe(path: Path, before: Before) -> None:
    if before.new_mode & ~before.mode & stat.S_IWOTH:
        raise Rejected(f"{path} is not made writable by everybody. Give it the owner or group that needs it instead.")
    if before.new_mode & ~before.mode & _SPECIAL:
        raise Rejected(f"{path} is not made to run as its owner or group.")
    is_given_away = (before.new_uid, before.new_gid) != (before.uid, before.gid)
    if os.geteuid() != 0 and (is_given_away or before.uid != os.geteuid()):
        raise Rejected(f"{path} is not ours to change: it belongs to user {before.uid}. Run as root.")
    if path.is_file() and (links := path.lstat().st_nlink) > 1:
        raise Rejected(f"{path} has {links} hard links, which share their rights. Change them by hand.")


def _give(path: Path, uid: int, gid: int, mode: int) -> None:
    """Owner before mode, since a change of owner takes special bits away."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if stat.S_ISLNK(os.fstat(descriptor).st_mode):
                raise Rejected(f"{path} has become a link; it was left alone.")
            magic = f"/proc/self/fd/{descriptor}"
            facts = os.fstat(descriptor)
            if (facts.st_uid, facts.st_gid) != (uid, gid):
                os.chown(magic, uid, gid)
            os.chmod(magic, mode)  # noqa: PTH101 -- of what is held open, whatever its path is by now
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Rejected(f"The rights of {path} could not be changed: {error.strerror}.") from error
