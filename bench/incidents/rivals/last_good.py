"""Restore the last known good configuration: the honest one to beat.

Given: the probes of `prunella.toml` (see `watching`); a copy with `cp -a` of every file that a service declares as
`config` or `paths` and of what supervisord reads, taken when it sees the fleet healthy (data and logs left out);
`supervisorctl`. When anything is red it puts back every file that differs, removes none, restarts the services whose
files it put back, and says that it is healed when its probes are green afterwards. Where nothing differs, or where it
has no copy, it gives up.
"""

import asyncio
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bench.incidents.contender import Claim, Contender, Ground, Tools
from bench.incidents.rivals.watching import Table, green_within, program_of, red, services_of, supervisorctl

_SETTLE_S = 20.0
_NOT_KEPT = ("data", "log")


@dataclass
class LastGood:
    name: str = "restore last good"

    async def prepare(self, ground: Ground) -> None:
        if ground.sees_healthy:
            await asyncio.to_thread(_keep, ground)

    async def run(self, goal: str, tools: Tools, limit_s: float) -> Claim:
        del goal
        wrong = await red(tools.ground)
        if not wrong:
            return Claim("healthy")
        restored = await asyncio.to_thread(_restore, tools.ground)
        if not restored:
            return Claim("escalated", cause="; ".join(wrong))
        said = await _restart(tools.ground, restored)
        healed = await green_within(tools.ground, min(_SETTLE_S, limit_s / 2))
        cause = ", ".join(f"{each} was not as on a better day" for each in restored)
        return Claim("healed" if healed else "escalated", cause=cause, said=said, steps=len(restored), plans=1)


def _keep(ground: Ground) -> None:
    for path in _declared(ground):
        target = ground.home / "good" / path.relative_to(ground.folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(path, target)


def _restore(ground: Ground) -> list[str]:
    """The files that it put back, by their path in the fleet's folder."""
    good = ground.home / "good"
    restored: list[str] = []
    for source in sorted(good.rglob("*")) if good.exists() else ():
        name = source.relative_to(good)
        if _differs(source, ground.folder / name):
            with suppress(OSError):
                _copy(source, ground.folder / name)
                restored.append(str(name))
    return restored


async def _restart(ground: Ground, restored: list[str]) -> str:
    """Supervisord reads its own file again; of the others the services that declare what was put back."""
    said = [await supervisorctl(ground, "update")] if any(each.startswith("supervisor/") for each in restored) else []
    for service in services_of(ground).values():
        mine = (*service.get("config", ()), *service.get("paths", ()))
        if program_of(service) and any(each == own or each.startswith(f"{own}/") for each in restored for own in mine):
            said.append(await supervisorctl(ground, "restart", f"{program_of(service)}:*"))
    return "\n".join(said)


def _declared(ground: Ground) -> Iterator[Path]:
    """Every file, folder and link, once; folders before what lies in them."""
    names = dict.fromkeys(name for service in services_of(ground).values() for name in _names(service))
    for name in names:
        root = ground.folder / name
        if root.name in _NOT_KEPT or not os.path.lexists(root):
            continue
        yield root
        if root.is_dir() and not root.is_symlink():
            yield from sorted(root.rglob("*"))


def _names(service: Table) -> Iterator[str]:
    for key in ("config", "paths"):
        yield from service.get(key, ())
    if config := service.get("supervisor", {}).get("config"):
        yield config


def _copy(source: Path, target: Path) -> None:
    """Bytes, mode and owner; a link as a link."""
    if source.is_symlink():
        if os.path.lexists(target):
            target.unlink()
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir(exist_ok=True)
    else:
        shutil.copyfile(source, target)
    shutil.copymode(source, target)
    with suppress(PermissionError):
        os.chown(target, source.stat().st_uid, source.stat().st_gid)


def _differs(source: Path, target: Path) -> bool:
    if not os.path.lexists(target):
        return True
    if source.is_symlink() or target.is_symlink():
        return not (source.is_symlink() and target.is_symlink() and source.readlink() == target.readlink())
    here, there = source.stat(), target.stat()
    marks = [(each.st_mode & 0o7777, each.st_uid, each.st_gid, stat.S_IFMT(each.st_mode)) for each in (here, there)]
    return marks[0] != marks[1] or (source.is_file() and source.read_bytes() != target.read_bytes())


def rivals(model: str) -> dict[str, Callable[[], Contender]]:
    del model
    return {"last-good": LastGood}
