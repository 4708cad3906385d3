"""What a service makes of a state of its files: parsers, its own pre-flight, a start with the real binary."""

import asyncio
import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from prunella.cancelling import to_the_end
from prunella.commands import run_command
from prunella.configs.files import read_bytes
from prunella.domain.service import Service
from prunella.domain.supervisor import CommandResult
from prunella.errors import PrunellaError, Rejected
from prunella.rehearsal import inside
from prunella.rehearsal.copied import rebased
from prunella.rehearsal.enclosure import Enclosure
from prunella.rehearsal.rooms import Files, Layout, lay_out
from prunella.rehearsal.sights import Sight, Sights
from prunella.rehearsal.starts import can_check, can_start, check_in, identity_of, needed_of, start_in
from prunella.rehearsal.telling import (
    COPIED,
    ENCLOSED,
    PREFLIGHT,
    START,
    WORDS,
    preflight_sight,
    start_sights,
    title,
    wishes,
)  # fmt: skip
from prunella.supervisors.matching import CONFIG, TAG

KINDS = frozenset({PREFLIGHT, START})
PREFLIGHT_S = 5.0
_STAY_S = 0.5
_BELIEVED_S = 60.0
_RAISED_TIMES = 3
# The exit code is the command's own; what went nowhere over the network is written beside it.
_COUNTING = ': >"$1/begun"; seen=$1; shift; "$@"; code=$?; cat /proc/net/snmp >"$seen/snmp" 2>/dev/null; exit $code'
_OURS = "shadow"  # no tag of a service: nobody takes what runs here for one of its processes


@dataclass(frozen=True)
class Patience:
    """A start is watched until what is seen stays the same for `same_s`, and for `start_s` at most."""

    same_s: float
    start_s: float


QUICK, PATIENT = Patience(0.2, 3.0), Patience(1.5, 6.0)


@dataclass
class Trying:
    """`folder` is private to us. What was seen of the same service on the same files is believed for a minute.

    `leave_out` is not copied along with a service's folder.
    """

    folder: Path
    enclosure: Enclosure
    deadline: float
    leave_out: frozenset[Path]
    remembered: "Memory"
    _count: int = 0

    async def see(self, service: Service, files: Files, kinds: frozenset[str], patience: Patience = QUICK) -> Sights:
        """The service's pre-flight and start, those of `kinds` that it has, at once."""
        possible = await asyncio.to_thread(_kinds_of, service)
        seen = await asyncio.gather(*(self._once(service, files, kind, patience) for kind in sorted(kinds & possible)))
        return {name: sight for each in seen for name, sight in each.items()}

    @property
    def is_late(self) -> bool:
        return asyncio.get_running_loop().time() >= self.deadline

    async def _once(self, service: Service, files: Files, kind: str, patience: Patience) -> Sights:
        key = f"{kind} {service.name} {patience.same_s} {_digest(service, files)}"
        known = self.remembered.get(key)
        if known is not None:
            return known
        trial = title(kind, service)
        try:
            async with asyncio.timeout_at(self.deadline):
                way = self._preflight(service, files) if kind == PREFLIGHT else self._start(service, files, patience)
                seen = {name: replace(sight, kind=kind) for name, sight in (await way).items()}
        except TimeoutError:
            return {trial: Sight(trial, None, "there was no time left for it")}
        except (PrunellaError, OSError, ValueError) as error:
            return {trial: Sight(trial, None, str(error))}
        self.remembered.keep(key, seen)
        return seen

    async def _preflight(self, service: Service, files: Files) -> Sights:
        trial = title(PREFLIGHT, service)
        layout = await self._laid(service, files)
        check = await asyncio.to_thread(check_in, service, layout)
        if check is None:
            raise Rejected("what is to be checked cannot be told from the shadow's files")
        if await self.enclosure.is_there():
            result = await self._shut_in(_Wanted(check.command, check.cwd, PREFLIGHT_S, check.env), service, layout)
            return {trial: preflight_sight(trial, ENCLOSED, result, _missed(layout.seen))}
        command, cwd = rebased(check.command, check.cwd, layout)
        result = await run_command(command, cwd, PREFLIGHT_S, env={**check.env, **_marks()}, bound=True)
        return {trial: preflight_sight(trial, COPIED, result, missed=False)}

    async def _start(self, service: Service, files: Files, patience: Patience) -> Sights:
        if not await self.enclosure.is_there():
            return {}
        layout = await self._laid(service, files, to_run=True)
        spec = await asyncio.to_thread(start_in, service, layout)
        if spec is None:
            raise Rejected("how it is started cannot be told from the shadow's files")
        wish, seen = layout.seen / "wish.json", layout.seen / "seen.json"
        wanted = inside.Wish(
            command=list(spec.command),
            cwd=str(spec.cwd),
            env=spec.env,
            identity=identity_of(spec.user),
            probes=wishes(service),
            limit_s=patience.start_s,
            same_s=patience.same_s,
            stay_s=_STAY_S,
            seen=str(seen),
        )
        wish.write_text(json.dumps(wanted))
        looking = (sys.executable, "-I", "-S", inside.__file__, str(wish))
        result = await self._shut_in(_Wanted(looking, Path("/"), patience.start_s * 2 + 5), service, layout)
        told: inside.Told = json.loads(seen.read_bytes())
        return start_sights(title(START, service), told, result.output)

    async def _shut_in(self, wanted: "_Wanted", service: Service, layout: Layout) -> CommandResult:
        """How the command itself ended. Tried again where the walls did not stand: what they are made of changes.
        Raises Rejected when they never did.
        """
        needed = (*await asyncio.to_thread(needed_of, service), Path(inside.__file__))
        counting = ("/bin/sh", "-c", _COUNTING, "sh", str(layout.seen), *wanted.command)
        said = ""
        for _ in range(_RAISED_TIMES):
            walled = await asyncio.to_thread(self.enclosure.around, counting, wanted.cwd, layout, needed)
            env = {**wanted.env, **_marks()}
            result = await run_command(walled, Path("/"), wanted.limit_s, env=env, bound=True)
            if (layout.seen / "begun").exists():
                return result
            said = result.output.strip()[-WORDS:]
        raise Rejected(f"it could not be shut in: {said}")

    async def _laid(self, service: Service, files: Files, *, to_run: bool = False) -> Layout:
        """Copying is not cut in two, or copies would be made after they were cleared away."""
        self._count += 1
        own = self.folder / str(self._count)
        return await to_the_end(asyncio.to_thread(lay_out, service, files, own, self.leave_out, to_run=to_run))


class _Wanted(NamedTuple):
    """A command that is to be run, where, and for how long at most."""

    command: tuple[str, ...]
    cwd: Path
    limit_s: float
    env: Mapping[str, str] = MappingProxyType({})


class Memory:
    """What was seen, for as long as it is believed."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, Sights]] = {}

    def get(self, key: str) -> Sights | None:
        at, sights = self._seen.get(key, (0.0, None))
        return sights if sights is not None and asyncio.get_running_loop().time() - at < _BELIEVED_S else None

    def keep(self, key: str, sights: Sights) -> None:
        self._seen[key] = (asyncio.get_running_loop().time(), sights)


def _kinds_of(service: Service) -> frozenset[str]:
    """What can be tried of it, if there is an enclosure."""
    found = {PREFLIGHT: can_check(service), START: can_start(service)}
    return frozenset(kind for kind, is_possible in found.items() if is_possible)


def _marks() -> dict[str, str]:
    return {TAG: _OURS, CONFIG: ""}


def _missed(seen: Path) -> bool:
    try:
        return inside.failures((seen / "snmp").read_text()) > 0
    except (OSError, ValueError):
        return False


def _digest(service: Service, files: Files) -> str:
    """Equal when the service's files are."""
    whole = hashlib.sha256()
    for path in sorted({Path(os.path.realpath(path)) for path in service.config} | files.keys()):
        data = effective(path, files)
        size = -1 if data is None else len(data)
        whole.update(f"{path}\0{size}\0".encode("utf-8", "surrogateescape") + (data or b""))
    return whole.hexdigest()


def effective(path: Path, files: Files) -> bytes | None:
    """What the state has at a real path; None for no file, or one that cannot be read."""
    if path in files:
        return files[path]
    try:
        return read_bytes(path)
    except Rejected:
        return None
