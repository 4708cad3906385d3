"""Who listens on which port, and to which service that process belongs."""

import asyncio
from collections.abc import Mapping

from prunella.domain.service import Listener
from prunella.protocols import Supervisor
from prunella.supervisors.ports import family_of, listeners
from prunella.supervisors.process import ProcessService


async def who_listens(supervised: Mapping[str, Supervisor]) -> tuple[Listener, ...]:
    """Every listening TCP socket; second instances of a service are strays."""
    owners: dict[int, tuple[str, bool]] = {}
    for name, supervisor in supervised.items():
        if isinstance(supervisor, ProcessService):
            for number, instance in enumerate(await supervisor.instances()):
                owners |= dict.fromkeys(family_of(instance.pid), (name, number > 0))
    raw = await asyncio.to_thread(listeners)
    return tuple(
        Listener(
            host=each.host,
            port=each.port,
            pid=each.pid,
            command=" ".join(each.argv),
            service=owners[each.pid][0] if each.pid in owners else None,
            is_stray=owners[each.pid][1] if each.pid in owners else False,
        )
        for each in raw
    )
