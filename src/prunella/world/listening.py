"""Who listens on which port, and to which service that process belongs."""

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path

from prunella.domain.supervisor import Listener, ServiceStatus
from prunella.protocols import Supervisor
from prunella.supervisors.matching import TAG
from prunella.supervisors.process import ProcessService
from prunella.world.processes import Processes, environment_of, folder_of

Roots = Mapping[int, tuple[str, bool]]
"""A process → the service that it belongs to, and whether it is a stray of that."""


async def who_listens(
    supervised: Mapping[str, Supervisor], known: Mapping[str, ServiceStatus | None] | None = None
) -> tuple[Listener, ...]:
    """Every listening TCP socket; second instances of a service are strays.

    `known` are statuses that were asked for a moment ago: what no tag tells belongs to the process that they name.
    """
    processes = await asyncio.to_thread(Processes)
    return await asyncio.to_thread(listening_now, await roots_of(supervised, known or {}, processes), processes)


async def roots_of(
    supervised: Mapping[str, Supervisor],
    known: Mapping[str, ServiceStatus | None],
    processes: Processes,
    folders: Collection[Path] = (),
) -> dict[int, tuple[str, bool]]:
    """The processes that each service began with. Services of `known` statuses, which work in `folders`, are looked at
    anew only where a stranger listens who may be a stray of theirs.
    """
    roots = {status.pid: (name, False) for name, status in known.items() if status and status.running and status.pid}
    tagged = {name: each for name, each in supervised.items() if isinstance(each, ProcessService)}
    if tagged.keys() <= known.keys() and not await asyncio.to_thread(_may_have_strays, roots, processes, folders):
        return roots
    found = await asyncio.gather(*(each.instances() for each in tagged.values()))
    for name, instances in zip(tagged, found, strict=True):
        roots |= {instance.pid: (name, number > 0) for number, instance in enumerate(instances)}
    return roots


def _may_have_strays(roots: Roots, processes: Processes, folders: Collection[Path]) -> bool:
    """Somebody who listens, and is of no root's family, carries a service's tag or works in a service's folder."""
    owned = owners_of(roots, processes).keys()
    strangers = {each.pid for each in processes.listeners if each.pid is not None} - owned
    return any(TAG in environment_of(pid) or folder_of(pid) in folders for pid in strangers)


def listening_now(roots: Roots, processes: Processes) -> tuple[Listener, ...]:
    owners = owners_of(roots, processes)
    return tuple(
        Listener(
            host=each.host,
            port=each.port,
            pid=each.pid,
            command=" ".join(each.argv),
            service=owners[each.pid][0] if each.pid in owners else None,
            is_stray=owners[each.pid][1] if each.pid in owners else False,
        )
        for each in processes.listeners
    )


def owners_of(roots: Roots, processes: Processes) -> dict[int, tuple[str, bool]]:
    """The families of the roots; a root within another's family is its own."""
    owners: dict[int, tuple[str, bool]] = {}
    for pid in sorted(roots, key=lambda root: -len(processes.family_of(root))):
        owners |= dict.fromkeys(processes.family_of(pid), roots[pid])
    return owners
