"""What PostgreSQL says of itself that is not as it should be. Looks only."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from prunella.domain.facts import ServerFact
from prunella.domain.service import ConnectSpec
from prunella.servers.codes import fact
from prunella.servers.failures import Refused, Unreachable
from prunella.servers.postgres import PostgresSession, postgres_session
from prunella.servers.postgres_data import data_facts
from prunella.servers.postgres_files import file_facts
from prunella.servers.postgres_sessions import session_facts

_FULL = "53300"
_LOOKS: Sequence[Callable[[PostgresSession, str], Awaitable[Sequence[ServerFact]]]] = (
    *file_facts,
    *session_facts,
    *data_facts,
)


async def postgres_facts(
    connect: ConnectSpec, service: str, password: str | None, timeout_s: float
) -> tuple[ServerFact, ...]:
    """Within `timeout_s`, the gravest first within each subject; what its role may not see, and what takes too long,
    is left out. That it cannot be reached is a fact as well. Raises Misuse without a driver.
    """
    found: list[ServerFact] = []
    try:
        async with postgres_session(connect, password, timeout_s) as session:
            for look in _LOOKS:
                with suppress(Refused):
                    found += await look(session, service)
    except (Refused, Unreachable) as failure:
        if not found:
            found.append(_shut(service, failure))
    return tuple(found)


def _shut(service: str, failure: Refused | Unreachable) -> ServerFact:
    """Why nobody gets in."""
    if failure.state == _FULL:
        return fact(
            "postgres.slots", service, f"No connection is left, not even for a look: {failure}", of="server", used="",
            limit="", reserved="",
        )  # fmt: skip
    code = "postgres.unreachable" if isinstance(failure, Unreachable) else "postgres.refused"
    return fact(code, service, str(failure), message=str(failure), state=failure.state)
