"""Change one setting of a running Redis server, and change it back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Rejected
from prunella.nearest import nearest
from prunella.redaction.keys import is_secret_key
from prunella.servers.reach import Reach
from prunella.servers.redis import RedisSession
from prunella.servers.redis_file import bytes_of, same
from prunella.tools.packs.redis.looking import ServiceName
from prunella.tools.tool import FunctionTool, tool

_HIDDEN = "[redacted]"
_DANGEROUS = {
    "it decides who gets in": (
        "requirepass", "masterauth", "masteruser", "user", "aclfile", "protected-mode", "bind", "bind-source-addr",
        "port", "unixsocketperm", "acl-pubsub-default", "enable-debug-command", "enable-module-command",
        "enable-protected-configs",
    ),
    "it decides where data is written": ("dir", "dbfilename", "appendfilename", "appenddirname", "logfile", "pidfile"),
    "it decides what is kept": (
        "save", "appendonly", "appendfsync", "stop-writes-on-bgsave-error", "maxmemory-policy", "rdb-del-sync-files",
        "replica-read-only", "replica-serve-stale-data", "min-replicas-to-write", "lazyfree-lazy-eviction",
    ),
}  # fmt: skip
_EVICTING = ("maxmemory", "maxmemory-policy")

SettingName = Annotated[str, Field(description="the setting, as redis.conf calls it")]
NewValue = Annotated[str, Field(description="the value as redis.conf takes it, such as 100mb")]


class Changed(Frozen):
    """A setting as it was, and as it was told to be."""

    service: str
    name: str
    was: str
    value: str


@dataclass(frozen=True)
class Settings:
    """CONFIG SET. The file is left alone: what shall outlive a restart belongs there, by config.set."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(risk="change", name="redis.config_set", before=self.before, undo=self.undo, applied=self.applied)(
                self.config_set
            ),
        )

    async def config_set(self, service: ServiceName, name: SettingName, value: NewValue) -> str:
        """Change a setting of a Redis service while it runs, such as maxmemory or maxclients. Use it when the running
        value differs from its file, or in addition to config.set, to spare a restart. Only the file lasts.
        """
        async with self.reach.redis(service) as session:
            await session.ask("CONFIG", "SET", name, value)
        return f"{service} runs with another {name}; its file is as it was"

    async def before(self, service: str, name: str, value: str) -> Prepared:
        async with self.reach.redis(service) as session:
            was = await _value(session, name)
            known = was if was is not None else _near(name, await session.config())
            evicts = await _evicts(session, name, value)
        if was is None:
            raise Rejected(f"{service} has no setting {name}. Did you mean {known}?")
        if same(name, was, value):
            raise Rejected(f"{service} runs with {name} {_shown(name, was)} already.")
        changed = Changed(service=service, name=name.lower(), was=was, value=value)
        return Prepared(
            before=changed.model_dump(mode="json"),
            touches=(f"service:{service}", f"config:{service}.{changed.name}"),
            difference=f"{changed.name}: {_shown(name, was) or '(empty)'} → {_shown(name, value) or '(empty)'}",
            reversible=not evicts,
            note=evicts,
            must_ask=_danger(changed),
        )

    async def undo(self, before: Changed) -> None:
        """Raises Conflict when somebody else gave it another value since."""
        async with self.reach.redis(before.service) as session:
            now = await _value(session, before.name)
            if now is None or same(before.name, now, before.was):
                return
            if not same(before.name, now, before.value):
                raise Conflict(f"Somebody set {before.name} to {_shown(before.name, now)} since; it was left alone.")
            await session.ask("CONFIG", "SET", before.name, before.was)

    async def applied(self, arguments: dict[str, JsonValue], before: Changed) -> bool | None:
        del arguments
        async with self.reach.redis(before.service) as session:
            now = await _value(session, before.name)
        if now is None:
            return None
        if same(before.name, now, before.was):
            return False
        return True if same(before.name, now, before.value) else None


async def _value(session: RedisSession, name: str) -> str | None:
    """None for no such setting; a glob names none."""
    return {key.lower(): value for key, value in (await session.config(name)).items()}.get(name.lower())


async def _evicts(session: RedisSession, name: str, value: str) -> str:
    """Why keys would be thrown away at once, which nobody brings back; "" for not."""
    if name.lower() not in _EVICTING:
        return ""
    then = {**await session.config("maxmemory*"), name.lower(): value}
    used = int((await session.info("memory")).get("used_memory", "0"))
    limit, policy = then.get("maxmemory", "0"), then.get("maxmemory-policy", "noeviction")
    if policy == "noeviction" or not _is_above(used, limit):
        return ""
    return f"{used} bytes are used: with {policy} and a limit of {limit}, keys are thrown away at once."


def _is_above(used: int, limit: str) -> bool:
    """Is so much used more than the limit, where 0 is none?"""
    size = bytes_of(limit)
    return size is not None and 0 < size < used


def _danger(changed: Changed) -> str:
    why = next((why for why, names in _DANGEROUS.items() if changed.name in names), "")
    return why or ("it decides who gets in" if changed.name.startswith("tls-") or is_secret_key(changed.name) else "")


def _near(name: str, known: Mapping[str, str]) -> str:
    return ", ".join(nearest(name, known)) or "one that redis.config_get shows"


def _shown(name: str, value: str) -> str:
    return _HIDDEN if is_secret_key(name) and value else value
