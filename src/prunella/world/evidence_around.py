"""What is amiss around services, in sentences: what servers say, rights, disks, deleted files that are held open."""

from collections.abc import Iterator
from pathlib import Path

from prunella.domain.evidence import Evidence, EvidenceKind
from prunella.domain.facts import DiskFacts, Facts, HeldFile, PathFacts, ServiceFacts
from prunella.domain.setting import FileState
from prunella.world.asking import UNASKED
from prunella.world.disks import disk_under, in_bytes, is_nearly_full, used_share
from prunella.world.disposables import DISPOSABLE
from prunella.world.rights import rights_in
from prunella.world.shadowing import SHADOWS

_MILD = frozenset({
    UNASKED, SHADOWS, DISPOSABLE, "postgres.pending-restart", "postgres.not-loaded", "postgres.idle-in-transaction",
    "postgres.prepared", "redis.drift", "redis.replica", "redis.clients",
})  # fmt: skip
"""Codes of facts that may well be meant so, or are no fault by themselves."""
_MOST_LARGE = 4


def amiss_in(facts: ServiceFacts, whole: Facts) -> Iterator[Evidence]:
    """What its server says, whom rights keep out, and what lies there otherwise than on a better day."""
    name = facts.service.name
    for each in facts.server:
        kind = EvidenceKind.SETTING if each.code.startswith(("path.", "environment.")) else EvidenceKind.PROCESS
        yield Evidence(
            kind=kind, source=f"{name} {each.code}", service=name, text=_short(each.text, whole),
            is_error=each.code not in _MILD,
        )  # fmt: skip
    good = {state.path: state for state in whole.good_paths}
    for found in facts.paths:
        if found.state.path in good and (text := _since(good[found.state.path], found)):
            source = f"{_short(str(found.state.path), whole)} since known good"
            yield Evidence(kind=EvidenceKind.DIFFERENCE, source=source, service=name, text=text)


def amiss_around(whole: Facts) -> Iterator[Evidence]:
    """Disks that are nearly full or refuse writes, and what holds the space of deleted files."""
    for disk in whole.disks:
        if is_nearly_full(disk):
            yield _told("disk", _fullness(disk, whole), is_error=True)
        if disk.read_only:
            yield _told(
                "disk", f"the file system at {disk.mount} is mounted read-only", is_error=_is_written(disk, whole)
            )
    for held in whole.held:
        disk = disk_under(held.path, whole.disks)
        yield _told("deleted files", _holding(held, whole), is_error=disk is not None and is_nearly_full(disk))


def _told(source: str, text: str, *, is_error: bool) -> Evidence:
    return Evidence(kind=EvidenceKind.PROCESS, source=source, text=text, is_error=is_error)


def _fullness(disk: DiskFacts, whole: Facts) -> str:
    if used_share(disk) < used_share(disk.model_copy(update={"total": disk.inodes, "free": disk.free_inodes})):
        return f"the file system at {disk.mount} is out of inodes: {disk.free_inodes} of {disk.inodes} left"
    left = f"{in_bytes(disk.free)} of {in_bytes(disk.total)} left"
    text = f"the file system at {disk.mount} is {used_share(disk):.0%} full: {left}"
    large = sorted(_files_on(disk, whole), key=lambda each: -each.size)[:_MOST_LARGE]
    listed = ", ".join(f"{_short(str(each.state.path), whole)} ({in_bytes(each.size)})" for each in large)
    return f"{text}; on it: {listed}" if listed else text


def _files_on(disk: DiskFacts, whole: Facts) -> Iterator[PathFacts]:
    """Those that are a hundredth of it at least, each once."""
    known = {each.state.path: each for facts in whole.services.values() for each in facts.paths}
    for path, each in known.items():
        if not each.is_folder and each.size * 100 >= disk.total and disk_under(path, whole.disks) == disk:
            yield each


def _is_written(disk: DiskFacts, whole: Facts) -> bool:
    """A log, or something that a service needs and is no configuration, lies there."""
    services = [facts.service for facts in whole.services.values()]
    written = (path for each in services for path in (*each.logs, *each.paths))
    return any(disk_under(path, whole.disks) == disk for path in written)


def _holding(held: HeldFile, whole: Facts) -> str:
    whose = f" of {held.service}" if held.service else ""
    path = _short(str(held.path), whole)
    return (
        f"process {held.pid}{whose} holds the deleted file {path} open ({in_bytes(held.size)}); "
        "the space comes back when it opens its files anew or ends"
    )


def _since(was: FileState, found: PathFacts) -> str:
    """Which of its rights, its link or its content are others now; "" for none."""
    now = found.state
    if not now.exists:
        return "it was there, and is gone"
    told: list[str] = []
    if was.link != now.link:
        told.append(f"it led to {was.link or 'nowhere'}, now to {now.link or 'nowhere'}")
    elif now.link is None and (was.mode, was.uid, was.gid) != (now.mode, now.uid, now.gid):
        told.append(f"{rights_in(was).shown} → {rights_in(now).shown}")
    if was.sha256 and now.sha256 and was.sha256 != now.sha256:
        told.append("its content is another")
    return "; ".join(told)


def _short(text: str, whole: Facts) -> str:
    """With paths as the operator writes them: from the fleet's folder."""
    return text.replace(f"{Path(whole.fleet.folder)}/", "")
