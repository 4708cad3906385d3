"""Take one item out of a queue and put it aside, and back into its place."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, Any

from pydantic import Field

from prunella.domain.frozen import Frozen, JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Conflict, Rejected
from prunella.servers.reach import Reach
from prunella.servers.redis import RedisSession, as_list, as_text
from prunella.tools.packs.redis.looking import ServiceName, digest_of, shown
from prunella.tools.tool import FunctionTool, tool

_MOST_ITEMS = 20_000

Source = Annotated[str, Field(description="the key of the list that holds the item")]
Destination = Annotated[str, Field(description="the key of the list for dead letters; made when it is not there")]
Item = Annotated[str, Field(description="the item: its whole text, or its digest as redis.queue_peek shows it")]


class Moved(Frozen):
    """An item in its place. Bytes are base64; `previous` and `following` are its neighbours, None at an end.

    `sources` and `destinations` are how often the item was in each list. `expires` is when the source would have gone,
    in milliseconds of the epoch, -1 for never.
    """

    service: str
    source: str
    destination: str
    item: str
    place: int
    size: int
    previous: str | None
    following: str | None
    sources: int
    destinations: int
    expires: int


@dataclass(frozen=True)
class Items:
    """Moves are scripts that the server runs as one: no worker sees the item in both lists, or in none."""

    reach: Reach

    def tools(self) -> tuple[FunctionTool[..., Any], ...]:
        return (
            tool(risk="change", name="redis.move_item", before=self.before, undo=self.undo, applied=self.applied)(
                self.move_item
            ),
        )

    async def move_item(self, service: ServiceName, source: Source, destination: Destination, item: Item) -> str:
        """Move one item of a Redis list to another list, such as a dead letter queue. Use it for a bad item that its
        worker fails on again and again; all other items stay where they are, and nothing is deleted.
        """
        async with self.reach.redis(service) as session:
            found = _meant(await _items(session, source), source, item)
            moved = await session.ask("EVAL", _script("move"), 2, source, destination, found)
        if moved != 1:
            raise Rejected(f"{digest_of(found)} is not in {source} any more: a worker took it.")
        return f"{digest_of(found)} is in {destination}, and no more in {source}"

    async def before(self, service: str, source: str, destination: str, item: str) -> Prepared:
        if source == destination:
            raise Rejected(f"{source} is both source and destination: name another list for dead letters.")
        async with self.reach.redis(service) as session:
            await _must_be_lists(session, source, destination)
            there, beside = await _items(session, source), await _items(session, destination)
            expires = await _expires(session, source)
        found = _meant(there, source, item)
        place = there.index(found)
        moved = Moved(
            service=service, source=source, destination=destination, item=_packed(found), place=place, size=len(there),
            previous=_packed(there[place - 1]) if place else None,
            following=_packed(there[place + 1]) if place + 1 < len(there) else None,
            sources=there.count(found), destinations=beside.count(found), expires=expires,
        )  # fmt: skip
        return Prepared(
            before=moved.model_dump(mode="json"),
            touches=(f"service:{service}", f"key:{service}/{source}", f"key:{service}/{destination}"),
            difference=f"{source}[{place}] of {len(there)} → {destination}: {digest_of(found)} {shown(found)}",
            must_ask="it takes an item of somebody's out of a queue",
            rows=1,
        )

    async def undo(self, before: Moved) -> None:
        """The item between its neighbours. Raises Conflict when it was taken from where it lay, or both are gone."""
        async with self.reach.redis(before.service) as session:
            if await _is_done(session, before) is False:
                return
            there = await _items(session, before.source)
            place = _place(before, there)
            if place is None:
                raise Conflict(
                    f"{before.source} went on so far that the item's place in it is gone; it was left alone."
                )
            words = (place, len(there), _bytes(before.item), before.expires)
            put = await session.ask("EVAL", _script("put_back"), 2, before.source, before.destination, *words)
        if put != 1:
            raise Conflict(f"The item is not in {before.destination} any more, or {before.source} moves too fast.")

    async def applied(self, arguments: dict[str, JsonValue], before: Moved) -> bool | None:
        del arguments
        async with self.reach.redis(before.service) as session:
            return await _is_done(session, before)


async def _is_done(session: RedisSession, before: Moved) -> bool | None:
    item = _bytes(before.item)
    sources = (await _items(session, before.source)).count(item)
    destinations = (await _items(session, before.destination)).count(item)
    change = (sources - before.sources, destinations - before.destinations)
    return {(0, 0): False, (-1, 1): True}.get(change)


def _place(before: Moved, now: Sequence[bytes]) -> int | None:
    """Where it belongs: at the end where it stood, else between neighbours that are still there."""
    previous, following = (each if each is None else _bytes(each) for each in (before.previous, before.following))
    for place in _nearest_first(before, len(now)):
        left = now[place - 1] if place else None
        right = now[place] if place < len(now) else None
        if (left, right) == (previous, following):
            return place
    if previous is None or following is None:
        return 0 if previous is None and (following is not None or not now) else len(now)
    return next(
        (now.index(each) + offset for each, offset in ((following, 0), (previous, 1)) if now.count(each) == 1), None
    )


def _nearest_first(before: Moved, size: int) -> list[int]:
    """From where it stood, counted from either end: what went since went from one of them."""
    from_end = size - (before.size - 1 - before.place)
    return sorted(range(size + 1), key=lambda place: min(abs(place - before.place), abs(place - from_end)))


def _meant(items: Sequence[bytes], source: str, item: str) -> bytes:
    """Raises Rejected when there is none, or several that differ."""
    found = {each for each in items if each == item.encode() or digest_of(each) == item}
    if len(found) == 1:
        return found.pop()
    what = "stands for several items" if found else "is not there"
    raise Rejected(f"{item[:80]!r} {what} in {source} ({len(items)} items). Look with redis.queue_peek.")


async def _items(session: RedisSession, key: str) -> list[bytes]:
    """All of a list. Raises Rejected for one that is too long to be read whole."""
    size = int(await session.text("LLEN", key))
    if size > _MOST_ITEMS:
        raise Rejected(f"{key} holds {size:,} items; more than {_MOST_ITEMS:,} are not looked through.")
    return [each for each in as_list(await session.ask("LRANGE", key, 0, -1)) if isinstance(each, bytes)]


async def _must_be_lists(session: RedisSession, source: str, destination: str) -> None:
    kinds = await session.text("TYPE", source), await session.text("TYPE", destination)
    if kinds[0] != "list":
        raise Rejected(
            f"{source} is {'not there' if kinds[0] == 'none' else f'a {kinds[0]}'}; only lists can be helped."
        )
    if kinds[1] not in {"list", "none"}:
        raise Rejected(f"{destination} is a {kinds[1]}: name a list, or a key that is not there.")


async def _expires(session: RedisSession, key: str) -> int:
    left = int(await session.text("PTTL", key))
    if left < 0:
        return -1
    seconds, micros = (int(as_text(each)) for each in as_list(await session.ask("TIME")))
    return seconds * 1000 + micros // 1000 + left


def _script(name: str) -> str:
    return files("prunella.tools.packs.redis").joinpath(f"{name}.lua").read_text(encoding="utf-8")


def _packed(item: bytes) -> str:
    return base64.b64encode(item).decode()


def _bytes(item: str) -> bytes:
    return base64.b64decode(item)
