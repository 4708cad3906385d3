"""What Redis says of those who talk to it: clients, replicas, its master."""

import re
from collections import Counter

from prunella.domain.facts import ServerFact
from prunella.servers.codes import fact
from prunella.servers.redis import CLIENT
from prunella.servers.redis_sight import RedisSight

_NEARLY = 0.9
_SLOW_S = 10
_REPLICA = re.compile(r"slave\d+")
_LOOPBACK = re.compile(r"-?(?:127\.\S+|::1|localhost)")


async def clients(sight: RedisSight) -> list[ServerFact]:
    """Connections that run out, and who holds the most."""
    connected, limit = sight.number("connected_clients"), sight.figure("maxclients") or sight.number("maxclients")
    if limit == 0 or connected < _NEARLY * limit:
        return []
    who, count = await _busiest(sight)
    rejected = sight.number("rejected_connections")
    text = f"{connected} of {limit} clients are connected, {rejected} were turned away; {who} holds {count}"
    return [
        fact("redis.clients", sight.service, text, connected=connected, limit=limit, rejected=rejected, busiest=who,
             count=count)
    ]  # fmt: skip


async def paused(sight: RedisSight) -> list[ServerFact]:
    """CLIENT PAUSE, which makes everybody wait; said by servers from 7.2 on."""
    actions = sight.info.get("paused_actions", "none")
    if actions == "none":
        return []
    left = sight.info.get("paused_timeout_milliseconds", "")
    text = f"Clients are kept waiting ({actions}) for another {left or '?'} ms"
    return [fact("redis.paused", sight.service, text, actions=actions, ends_in_ms=left)]


async def protected(sight: RedisSight) -> list[ServerFact]:
    """Bound for others, but closed to them."""
    bind, config = sight.config.get("bind", ""), sight.config
    is_for_others = not bind.split() or any(not _LOOPBACK.fullmatch(each) for each in bind.split())
    if config.get("protected-mode") != "yes" or config.get("requirepass") or not config or not is_for_others:
        return []
    text = "It listens for other hosts, has no password, and protected mode turns their clients away"
    return [fact("redis.protected", sight.service, text, bind=bind)]


async def replica(sight: RedisSight) -> list[ServerFact]:
    """That it follows another, and whether it has lost it."""
    if sight.info.get("role") != "slave":
        return []
    master = f"{sight.info.get('master_host')}:{sight.info.get('master_port')}"
    writable = sight.config.get("replica-read-only") == "no"
    found = [
        fact("redis.replica", sight.service, f"It is a replica of {master}", master=master, writable=writable)
    ]  # fmt: skip
    if sight.info.get("master_link_status") == "up":
        return found
    down, refuses = sight.number("master_link_down_since_seconds"), sight.config.get("replica-serve-stale-data") == "no"
    text = f"It has not heard of its master {master} for {down} s"
    return [*found, fact("redis.link-down", sight.service, text, master=master, down_s=down, refuses_reads=refuses)]


async def followers(sight: RedisSight) -> list[ServerFact]:
    """Replicas of ours that do not keep up, and what that costs."""
    rows = [_fields(value) for name, value in sight.info.items() if _REPLICA.fullmatch(name)]
    slow = [row for row in rows if row.get("state") != "online" or int(row.get("lag", "0") or 0) > _SLOW_S]
    found = [_slow(sight, row) for row in slow]
    wanted, good = sight.figure("min-replicas-to-write"), sight.number("min_slaves_good_slaves")
    if wanted > good:
        text = f"It refuses writes: {good} replicas keep up, {wanted} must (min-replicas-to-write)"
        found.append(fact("redis.too-few-replicas", sight.service, text, good=good, wanted=wanted))
    return found


def _slow(sight: RedisSight, row: dict[str, str]) -> ServerFact:
    who, lag, state = f"{row.get('ip')}:{row.get('port')}", row.get("lag", ""), row.get("state", "")
    text = f"The replica {who} is {state}, {lag or '?'} s behind"
    return fact("redis.replica-lag", sight.service, text, replica=who, lag_s=lag, state=state)


async def _busiest(sight: RedisSight) -> tuple[str, int]:
    """By the name that clients gave themselves, else by their address, without the port."""
    rows = (
        dict(word.split("=", 1) for word in line.split() if "=" in word)
        for line in (await sight.session.text("CLIENT", "LIST")).splitlines()
    )
    named = Counter(
        row.get("name") or row.get("addr", "").rpartition(":")[0] for row in rows if row.get("name") != CLIENT
    )
    return named.most_common(1)[0] if named else ("nobody", 0)


def _fields(text: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.split(",") if "=" in part)


client_facts = (clients, paused, protected, replica, followers)
