"""Servers asked what is not as it should be with them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from prunella.domain.facts import ServerFact
from prunella.domain.service import ConnectSpec, Service
from prunella.errors import Misuse, PrunellaError, Rejected
from prunella.fleet.secrets import resolve
from prunella.redaction.redactor import Redactor
from prunella.servers.kinds import is_postgres, is_redis

UNASKED = "server.unasked"
_ASK_S = 3.0
_SLACK_S = 1.0
_Asks = Callable[[ConnectSpec, str, str | None, float], Awaitable[tuple[ServerFact, ...]]]


async def ask_server(service: Service, environ: Mapping[str, str], redactor: Redactor) -> tuple[ServerFact, ...]:
    """Within a few seconds; nothing for a service that declares no `connect`. That it could not be asked, and why, is
    a fact as well. The password is fetched at the last moment, and `redactor` learns it.
    """
    if service.connect is None:
        return ()
    try:
        ask = _asks(service.connect)
        name = service.connect.password
        password = await secret_of(service, name, environ, redactor) if name else None
        async with asyncio.timeout(_ASK_S + _SLACK_S):
            return await ask(service.connect, service.name, password, _ASK_S)
    except (PrunellaError, ImportError) as error:
        return (_unasked(service.name, redactor.text(str(error))),)
    except (TimeoutError, OSError) as error:
        return (_unasked(service.name, redactor.text(str(error)) or f"no answer within {_ASK_S:g} s"),)


async def secret_of(service: Service, name: str, environ: Mapping[str, str], redactor: Redactor) -> str:
    """The value of a secret that the service declares; `redactor` learns it. Raises Rejected when it cannot be had."""
    ref = next((each for each in service.secrets if each.name == name), None)
    if ref is None:
        raise Rejected(f"{service.name} declares no secret {name}. Add it to `secrets` in the fleet file.")
    value = await resolve(ref, environ)
    redactor.learn(value)
    return value


def _asks(connect: ConnectSpec) -> _Asks:
    """Raises ImportError without the client's library."""
    if is_postgres(connect):
        from prunella.servers.postgres_facts import postgres_facts

        return postgres_facts
    if is_redis(connect):
        from prunella.servers.redis_facts import redis_facts

        return redis_facts
    raise Misuse(f"Nobody here knows how to ask {connect.url.partition('://')[0]}://; it is not PostgreSQL or Redis.")


def _unasked(service: str, why: str) -> ServerFact:
    return ServerFact(code=UNASKED, service=service, text=f"{service} could not be asked about itself: {why}")
