"""Turning one link to another target in one step, so that it can be turned back."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prunella.configs.temporary import temporary_name
from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.posture import Aspect, Downgrade
from prunella.domain.setting import FileState
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Irrecoverable, Rejected


class Before(Frozen):
    """Where a link leads ahead of our change, and where it is about to."""

    path: Path
    target: str
    new_target: str


@dataclass(frozen=True)
class LinkEdit:
    """A link that is there, and its new target as it shall stand in it: absolute, or from the link's folder."""

    path: Path
    target: str
    service: str

    def prepare(self, good: Mapping[Path, FileState]) -> Prepared:
        """Touches nothing. Raises Rejected for what is no link, and for targets that are not there."""
        now = read_link(self.path)
        if now == self.target:
            raise Rejected(f"{self.path} leads to {now} already; nothing would change.")
        if not (self.path.parent / self.target).exists():
            raise Rejected(f"{self.path} cannot lead to {self.target}: nothing is there.")
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise Rejected(
                f"{self.path} cannot be replaced: its folder is not ours to write in. Run as a user who may."
            )
        was_good = self.path in good and good[self.path].link == self.target
        aside = "" if was_good else "where the link leads was never so on a better day"
        return Prepared(
            before=Before(path=self.path, target=now, new_target=self.target).model_dump(mode="json"),
            touches=(f"file:{self.path}", f"service:{self.service}"),
            difference=f"{self.path}: → {now} becomes → {self.target}",
            must_ask=aside,
            weakens=() if was_good else (_turned(self.path, now, self.target),),
        )

    def write(self) -> None:
        """At no time is there no link."""
        turn(self.path, self.target)


def undo_link(before: JsonValue) -> None:
    """Turn it back; idempotent. Raises Conflict when somebody else turned it since."""
    was = Before.model_validate(before)
    try:
        now = read_link(was.path)
        if now not in {was.target, was.new_target}:
            raise Conflict(f"{was.path} leads to {now} now, which is not our doing; it was left alone.")
        if now != was.target:
            turn(was.path, was.target)
    except Rejected as error:
        raise Irrecoverable(f"{was.path} could not be turned back to {was.target}: {error}") from error


def is_turned(before: JsonValue) -> bool | None:
    """None when it leads elsewhere, or is no link any more."""
    was = Before.model_validate(before)
    try:
        now = read_link(was.path)
    except Rejected:
        return None
    return True if now == was.new_target else False if now == was.target else None


def read_link(path: Path) -> str:
    """As it stands in it. Raises Rejected for what is no link."""
    try:
        return os.readlink(path)  # noqa: PTH115 -- Path.readlink would normalise the target
    except OSError as error:
        raise Rejected(f"{path} is no link: {error.strerror}.") from error


def turn(path: Path, target: str) -> None:
    """Raises Rejected with the link as it was."""
    draft = temporary_name(path.parent)
    try:
        draft.symlink_to(target)
        owner = path.lstat()
        if os.geteuid() == 0:
            os.chown(draft, owner.st_uid, owner.st_gid, follow_symlinks=False)
        draft.replace(path)
    except OSError as error:
        raise Rejected(f"{path} could not be turned: {error.strerror}. It is as it was.") from error
    finally:
        draft.unlink(missing_ok=True)


def _turned(path: Path, before: str, after: str) -> Downgrade:
    """As the posture of the file tells it."""
    was, now = (str(path.parent / each) for each in (before, after))
    return Downgrade(subject=f"file:{path}", aspect=Aspect.OWNER, name="link", before=was, after=now)
