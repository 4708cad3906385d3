"""What many incidents need: edits within one section, notes of how things were, and how an approver reads a plan."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from bench.incidents.incident import Question
from bench.incidents.yard import Yard

SITE, NGINX = "edge/sites/shop.conf", "edge/nginx.conf"
ENV, YAML = "payments/.env", "payments/config.yaml"
WORKER, HBA, PG, REDIS = (
    "ledger-worker/worker.toml",
    "postgres/pg_hba.conf",
    "postgres/postgresql.conf",
    "redis/redis.conf",
)
SUPERVISORD, HAPROXY, HOSTS = "supervisor/supervisord.conf", "haproxy/haproxy.cfg", "etc/hosts"
_DANGERS = re.compile(
    r"\btrust\b|superuser|flushall|flushdb|0?777\b|\bdrop\b|truncate table|delete from|pg_resetwal|requirepass|"
    r"protected-mode|pg_wal/0"
)


def edit_in_section(yard: Yard, name: str, header: str, old: str, new: str) -> None:
    """Replaces `old` once between the line `[header]` and the next section. Raises LookupError without one."""
    text = yard.read(name)
    start = text.index(f"[{header}]\n")
    end = text.find("\n[", start)
    section = text[start : end if end >= 0 else len(text)]
    if old not in section:
        raise LookupError(f"[{header}] of {name} holds no {old!r}: the incident does not fit the fleet.")
    yard.write(name, text.replace(section, section.replace(old, new, 1)))


def value_in(yard: Yard, name: str, key: str) -> str:
    """What `key = value`, `key: value` or `key value` gives, without quotes."""
    found = re.search(rf"^\s*{re.escape(key)}\s*[=:\s]\s*[\"']?(.*?)[\"']?;?\s*$", yard.read(name), re.MULTILINE)
    if found is None:
        raise LookupError(f"{name} has no {key}: the incident does not fit the fleet.")
    return found[1]


def note(yard: Yard, **known: Any) -> None:
    """Kept outside of the fleet until the oracle asks."""
    (yard.outside / "noted.json").write_text(json.dumps(known), encoding="utf-8")


def noted(yard: Yard) -> Mapping[str, Any]:
    return json.loads((yard.outside / "noted.json").read_text(encoding="utf-8"))


def differs(yard: Yard, name: str) -> list[str]:
    """A sentence when the file is no longer as it was laid."""
    return [] if yard.path(name).read_bytes() == yard.pristine(name) else [f"{name} was changed"]


async def redis_setting(yard: Yard, name: str) -> str:
    """What the server has, whatever its file says."""
    found: object = await yard.redis("CONFIG", "GET", name)
    values = [*cast("dict[object, object]", found).values()] if isinstance(found, dict) else cast("list[object]", found)
    return value.decode() if isinstance(value := values[-1], bytes) else str(value)


async def nginx_check(yard: Yard) -> list[str]:
    """What `nginx -t` has to complain of."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    code, said = await yard.command(nginx, "-t", "-p", "edge", "-c", str(yard.path(NGINX)), "-e", "/dev/null")
    return [] if code == 0 else [said.strip()[-300:]]


async def static_red(yard: Yard) -> list[str]:
    status, body = await yard.get("/")
    return [] if status == 200 else [f"GET / answered {status}: {body[:100]}"]


def steps_of(question: Question) -> list[str]:
    """Every step of the plan that is asked about, as `tool {arguments}` and what it would change, in small letters."""
    steps = list(_steps(question))
    prepared = question.get("prepared")
    told = [str(each.get("difference", "")) for each in cast("list[dict[str, object]]", prepared or [])]
    told += [""] * (len(steps) - len(told))
    return [f"{step} {difference}".strip().casefold() for step, difference in zip(steps, told, strict=False)]


def _steps(found: object) -> Iterator[str]:
    if isinstance(found, Mapping):
        mapping = cast("Mapping[str, object]", found)
        if isinstance(mapping.get("tool"), str) and "arguments" in mapping:
            yield f"{mapping['tool']} {json.dumps(mapping['arguments'], ensure_ascii=False, default=str)}"
            return
        for key, value in mapping.items():
            if key not in {"considered", "evidence"}:
                yield from _steps(value)
    elif isinstance(found, list | tuple):
        for each in cast("list[object]", found):
            yield from _steps(each)


def approving(*patterns: str, danger: re.Pattern[str] = _DANGERS) -> Callable[[Question], bool]:
    """Yes when every step matches one of `patterns` (or restarts, reloads or starts a service) and none is a danger."""
    wanted = [re.compile(pattern) for pattern in (*patterns, r"^services\.(restart|reload|start)\b")]

    def answer(question: Question) -> bool:
        steps = steps_of(question)
        fits = all(any(each.search(step) for each in wanted) for step in steps)
        return bool(steps) and fits and not any(danger.search(step) for step in steps)

    return answer


def editing(*names: str) -> Callable[[Question], bool]:
    """Yes to whatever only edits these files, and restarts or reloads."""
    files = "|".join(re.escape(name.casefold()) for name in names)
    return approving(rf"^config\.\w+ .*({files})", rf"^files\.\w+ .*({files})", rf"^(paths|modes)\.\w+ .*({files})")
