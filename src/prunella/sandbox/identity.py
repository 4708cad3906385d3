"""Who a job is to the kernel. As root, somebody else: root's processes are not counted, and root owns too much."""

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path

from prunella.sandbox.walls import INNER_ID

_OTHERS_FROM = 0x70000000  # user ids that no system hands out
_OTHERS = 0x0FFFFFFF
_COUNTED_PER_NAMESPACE = (5, 14)  # Linux since which processes of a user are counted per user namespace
_SETPRIV = (
    "setpriv", f"--reuid={INNER_ID}", f"--regid={INNER_ID}", "--clear-groups", "--inh-caps=-all",
    "--bounding-set=-all", "--",
)  # fmt: skip


def is_root() -> bool:
    return os.geteuid() == 0


def drops() -> Iterator[str]:
    """The rights that bwrap takes away. As root it leaves what `become` needs to become somebody who has none."""
    yield from ("--cap-drop", "ALL")
    if is_root():
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):
            yield from ("--cap-add", capability)
    else:
        yield from ("--uid", str(INNER_ID), "--gid", str(INNER_ID), "--disable-userns")


def become() -> tuple[str, ...]:
    """What stands before the command, inside: as root it changes who that is."""
    return _SETPRIV if is_root() else ()


def spare_processes() -> int:
    """What the kernel counts beside the job: the first process and the script; before Linux 5.14 all of the user's."""
    major, minor = os.uname().release.split(".")[:2]
    release = (int(major), int(re.sub(r"\D.*", "", minor)))
    return 2 if is_root() or release >= _COUNTED_PER_NAMESPACE else 2 + _threads_of_user()


def _threads_of_user() -> int:
    own = os.geteuid()
    return sum(_threads(each) for each in Path("/proc").iterdir() if each.name.isdecimal() and _owner(each) == own)


def _threads(process: Path) -> int:
    try:
        return len(tuple((process / "task").iterdir()))
    except OSError:
        return 0


def _owner(process: Path) -> int | None:
    try:
        return process.stat().st_uid
    except OSError:
        return None


def gate_option() -> str:
    """Where bwrap's child waits for us: as root before it is somebody, else with everything done but the command."""
    return "--userns-block-fd" if is_root() else "--block-fd"


def map_ids(pid: int) -> None:
    """As root: make the inner id of the process's namespace somebody who is nobody outside. Raises OSError."""
    for name in ("uid_map", "gid_map") if is_root() else ():
        Path(f"/proc/{pid}/{name}").write_text(f"0 0 1\n{INNER_ID} {_somebody(name)} 1\n")


def _somebody(name: str) -> int:
    """An id without a past, among those that this namespace has."""
    ranges = [[int(part) for part in line.split()] for line in Path(f"/proc/self/{name}").read_text().splitlines()]
    first, _, count = max(ranges, key=lambda each: each[2])
    if first + count > _OTHERS_FROM + _OTHERS:
        return _OTHERS_FROM + random.randrange(_OTHERS)
    return first + count - 1
