"""Ask a Redis server, without touching anything."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from prunella.errors import Rejected
from prunella.redaction.redactor import Redactor
from prunella.servers.reach import Reach
from prunella.servers.redis import RedisSession, as_list, as_text
from prunella.tools.tool import FunctionTool, tool

_LONGEST_ITEM = 400
_DIGEST = 16

ServiceName = Annotated[str, Field(description="a Redis service of the fleet, as listed")]
KeyName = Annotated[str, Field(description="the key of a list, stream, sorted set, set, hash or string")]
Section = Annotated[
    str, Field(description="server, clients, memory, persistence, stats, replication, keyspace; empty for the usual")
]


@dataclass(frozen=True)
class Looking:
    """Readers."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(name="redis.info")(self.info),
            tool(name="redis.config_get")(self.config_get),
            tool(name="redis.queue_peek")(self.queue_peek),
        )

    async def info(self, service: ServiceName, section: Section = "") -> str:
        """Show what a Redis service says of itself (INFO). Use it for memory limits, failed snapshots, clients,
        replication and evicted keys.
        """
        async with self.reach.redis(service) as session:
            return Redactor().text(await session.text("INFO", *([section] if section else [])))

    async def config_get(
        self, service: ServiceName, name: Annotated[str, Field(description="a setting, or a glob such as maxmemory*")]
    ) -> dict[str, str]:
        """Show the settings that a Redis service runs with, which may differ from its file. Passwords are blacked
        out.
        """
        async with self.reach.redis(service) as session:
            found = await session.config(name)
        if not found:
            raise Rejected(f"{service} has no setting {name}. Ask for a glob such as *{name.strip('*')[:6]}*.")
        shown = Redactor().value(dict(found))
        return {key: str(value) for key, value in shown.items()} if isinstance(shown, dict) else {}

    async def queue_peek(
        self,
        service: ServiceName,
        key: KeyName,
        count: Annotated[int, Field(description="how many items at each end", ge=1, le=20)] = 3,
    ) -> str:
        """Look at both ends of a queue of a Redis service without taking anything. Use it when a worker runs and its
        queue grows: a bad item stands where it takes the next. Each item is shown with a digest that stands for it.
        """
        async with self.reach.redis(service) as session:
            kind = await session.text("TYPE", key)
            match kind:
                case "list":
                    lines = await _list(session, key, count)
                case "stream":
                    lines = await _stream(session, key, count)
                case "none":
                    raise Rejected(f"{service} has no key {key} in this database.")
                case _:
                    lines = await _other(session, key, kind, count)
        return "\n".join(lines)


def digest_of(item: bytes) -> str:
    """What stands for an item: `sha256:` and the first letters of its digest."""
    return f"sha256:{hashlib.sha256(item).hexdigest()[:_DIGEST]}"


def shown(item: bytes) -> str:
    """An item as people read it, cut, without secrets."""
    text = Redactor().text(as_text(item))
    return text if len(text) <= _LONGEST_ITEM else f"{text[:_LONGEST_ITEM]}… ({len(item):,} bytes)"


async def _list(session: RedisSession, key: str, count: int) -> list[str]:
    size = int(await session.text("LLEN", key))
    head = as_list(await session.ask("LRANGE", key, 0, count - 1))
    start = max(count, size - count)
    tail = as_list(await session.ask("LRANGE", key, start, -1)) if start < size else []
    gap = [f"… {start - count} more …"] if start > count and tail else []
    return [f"{key} is a list of {size}", *_items(head, 0), *gap, *_items(tail, start)]


def _items(items: Iterable[object], start: int) -> list[str]:
    found = [each for each in items if isinstance(each, bytes)]
    return [f"[{place}] {digest_of(each)} {shown(each)}" for place, each in enumerate(found, start)]


async def _stream(session: RedisSession, key: str, count: int) -> list[str]:
    lines = [f"{key} is a stream of {await session.text('XLEN', key)}"]
    lines += _entries(as_list(await session.ask("XRANGE", key, "-", "+", "COUNT", count)))
    lines += ["… the newest:", *_entries(as_list(await session.ask("XREVRANGE", key, "+", "-", "COUNT", count)))]
    for group in as_list(await session.ask("XINFO", "GROUPS", key)):
        words = [as_text(each) for each in as_list(group)]
        lines.append("group " + ", ".join(f"{a} {b}" for a, b in zip(words[::2], words[1::2], strict=False)))
    return lines


def _entries(entries: list[Any]) -> list[str]:
    return [f"{as_text(each[0])} {shown(b' '.join(as_list(each[1])))}" for each in entries]  # pyright: ignore[reportArgumentType] -- fields of entries are bytes


async def _other(session: RedisSession, key: str, kind: str, count: int) -> list[str]:
    ask: dict[str, tuple[str | int, ...]] = {
        "string": ("GETRANGE", key, 0, _LONGEST_ITEM),
        "zset": ("ZRANGE", key, 0, count - 1, "WITHSCORES"),
        "set": ("SRANDMEMBER", key, count),
        "hash": ("HSCAN", key, 0, "COUNT", count),
    }
    if kind not in ask:
        raise Rejected(f"{key} is a {kind}, which cannot be looked into here.")
    reply = await session.ask(*ask[kind])
    parts = as_list(reply)
    if kind == "hash":
        parts = as_list(parts[1])[: 2 * count]
    items = [reply] if isinstance(reply, bytes) else parts
    return [f"{key} is a {kind}", *(shown(each) for each in items if isinstance(each, bytes))]
