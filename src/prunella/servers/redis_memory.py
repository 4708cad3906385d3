"""What Redis says of its memory and its disk: whether it has room, and whether what it holds is kept."""

from prunella.domain.facts import ServerFact
from prunella.servers.codes import fact
from prunella.servers.redis import as_list, as_text
from prunella.servers.redis_sight import RedisSight

_NEARLY = 0.99
_MOST_SCANS = 20
_AT_ONCE = 500
_QUEUES = ("list", "stream")


async def no_room(sight: RedisSight) -> list[ServerFact]:
    """Memory at its limit, with nothing that may go."""
    expiring = sum(each.get("expires", 0) for each in sight.databases.values())
    evicts = sight.policy.startswith("allkeys") or (sight.policy.startswith("volatile") and expiring > 0)
    used, limit = sight.number("used_memory"), sight.maxmemory
    if limit == 0 or used < _NEARLY * limit or evicts:
        return []
    text = f"{used} of {limit} bytes are used and {sight.policy} lets nothing go: writes are refused (OOM)"
    return [
        fact("redis.no-room", sight.service, text, used=used, maxmemory=limit, policy=sight.policy,
             eviction_pays=expiring > 0 and sight.policy == "noeviction")
    ]  # fmt: skip


async def save_failed(sight: RedisSight) -> list[ServerFact]:
    """A snapshot that could not be written."""
    if sight.info.get("rdb_last_bgsave_status", "ok") == "ok":
        return []
    stops = sight.config.get("stop-writes-on-bgsave-error", "")
    text = f"The last snapshot to {sight.config.get('dir', 'its folder')} failed"
    return [
        fact("redis.save-failed", sight.service, f"{text}{' and writes are refused' if stops == 'yes' else ''}",
             dir=sight.config.get("dir"), file=sight.config.get("dbfilename"), stops_writes=stops,
             saved=sight.info.get("rdb_last_save_time"))
    ]  # fmt: skip


async def aof_failed(sight: RedisSight) -> list[ServerFact]:
    """An append-only file that could not be written."""
    states = {"write": "aof_last_write_status", "rewrite": "aof_last_bgrewrite_status"}
    folder, name = sight.config.get("dir"), sight.config.get("appendfilename")
    return [
        fact("redis.aof-failed", sight.service, f"The last {what} of the append-only file failed", what=what,
             dir=folder, file=name)
        for what, state in states.items()
        if sight.info.get(state, "ok") != "ok"
    ]  # fmt: skip


async def evicts_jobs(sight: RedisSight) -> list[ServerFact]:
    """Queues on a server that throws away whatever it likes."""
    if not sight.policy.startswith("allkeys"):
        return []
    queues = [key for key in await _queues(sight) if await _stays(sight, key)]
    if not queues:
        return []
    evicted = sight.number("evicted_keys")
    text = f"{sight.policy} may throw away queues such as {as_text(queues[0])}; {evicted} keys went so far"
    return [
        fact("redis.evicts-jobs", sight.service, text, policy=sight.policy, maxmemory=sight.maxmemory, evicted=evicted,
             queues=len(queues), example=as_text(queues[0]))
    ]  # fmt: skip


async def _queues(sight: RedisSight) -> list[bytes]:
    """Lists and streams of the database that we are in; a few thousand keys are looked at."""
    found: list[bytes] = []
    for kind in _QUEUES:
        cursor: bytes = b"0"
        for _ in range(_MOST_SCANS):
            reply = as_list(await sight.session.ask("SCAN", cursor, "COUNT", _AT_ONCE, "TYPE", kind))
            found += [key for key in as_list(reply[1]) if isinstance(key, bytes)]
            cursor = reply[0] if isinstance(reply[0], bytes) else b"0"
            if cursor == b"0":
                break
    return found[:100]


async def _stays(sight: RedisSight, key: bytes) -> bool:
    return await sight.session.ask("TTL", key) == -1


memory_facts = (no_room, save_failed, aof_failed, evicts_jobs)
