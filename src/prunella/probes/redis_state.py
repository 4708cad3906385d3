"""What Redis says of itself that keeps its clients from working."""

from collections.abc import Iterator, Mapping

from prunella.probes.resp import Refused, Talk

Info = Mapping[str, str]


async def faults_of(talk: Talk) -> tuple[str, ...] | None:
    """In words, with the settings that decide; None where we may not ask. Raises what `Talk.ask` does, but Refused."""
    try:
        info = _parsed(await talk.text("INFO"))
    except Refused:
        return None
    found = [*_loading(info), *_memory(info), *_append_only(info), *_master(info), *_clients(info)]
    if info.get("rdb_last_bgsave_status") == "err":
        found += _snapshot(await _setting(talk, "stop-writes-on-bgsave-error"), await _setting(talk, "save"))
    return tuple(found)


def _parsed(text: str) -> Info:
    pairs = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {key: value.strip() for key, _, value in pairs if key}


async def _setting(talk: Talk, name: str) -> str | None:
    """None where we may not ask."""
    try:
        reply = await talk.ask("CONFIG", "GET", name)
    except Refused:
        return None
    match reply:
        case [_, str() as value]:
            return value
        case _:
            return None


def _number(info: Info, key: str) -> int:
    value = info.get(key, "")
    return int(value) if value.lstrip("-").isdigit() else 0


def _loading(info: Info) -> Iterator[str]:
    if info.get("loading") == "1":
        yield f"it is loading its data, {_number(info, 'loading_eta_seconds')} s to go"


def _memory(info: Info) -> Iterator[str]:
    """The sum that Redis itself decides by: what replicas and the append-only file buffer does not count."""
    used = _number(info, "used_memory") - _number(info, "mem_not_counted_for_evict")
    most, policy = _number(info, "maxmemory"), info.get("maxmemory_policy", "noeviction")
    if 0 < most < used and not _may_evict(policy, info):
        nothing = "" if policy == "noeviction" else " and no key expires"
        yield f"used_memory {used} is over maxmemory {most}, maxmemory-policy is {policy}{nothing}: writes get OOM"


def _may_evict(policy: str, info: Info) -> bool:
    some_expire = any(
        ",expires=" in value and ",expires=0" not in value for key, value in info.items() if key[:2] == "db"
    )
    return policy.startswith("allkeys") or (policy.startswith("volatile") and some_expire)


def _append_only(info: Info) -> Iterator[str]:
    if info.get("aof_enabled") == "1" and info.get("aof_last_write_status") == "err":
        yield "aof_last_write_status is err: writes get MISCONF"


def _snapshot(stops: str | None, points: str | None) -> Iterator[str]:
    """Where nothing is to be saved, a save that failed once means nothing."""
    if points == "":
        return
    effect = "what is written is not on disk" if stops == "no" else "writes get MISCONF"
    told = f"stop-writes-on-bgsave-error is {stops or 'not told'}"
    yield f"rdb_last_bgsave_status is err, {told}: {effect}"


def _master(info: Info) -> Iterator[str]:
    if info.get("role") == "slave" and info.get("master_link_status") != "up":
        master = f"{info.get('master_host', '?')}:{info.get('master_port', '?')}"
        yield f"it follows {master}, and master_link_status is {info.get('master_link_status', 'not told')}"


def _clients(info: Info) -> Iterator[str]:
    most, now = _number(info, "maxclients"), _number(info, "connected_clients")
    if 0 < most <= now:
        yield f"connected_clients {now} reach maxclients {most}"
