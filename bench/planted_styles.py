"""How services write a line: made-up values for its fields, and the formats."""

import json
import random
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

_FIELDS: dict[str, Callable[[random.Random], str]] = {
    "n": lambda rng: str(rng.randint(2, 900)),
    "big": lambda rng: str(rng.randint(10_000, 9_999_999)),
    "port": lambda rng: str(rng.choice([5432, 6379, 8080, 8443, 9000, 9090, 3306, 27017, 4000 + rng.randint(0, 5000)])),
    "pid": lambda rng: str(rng.randint(100, 65_000)),
    "ms": lambda rng: f"{rng.uniform(0.4, 900):.1f}",
    "hex": lambda rng: f"{rng.getrandbits(48):012x}",
    "uuid": lambda rng: str(UUID(int=rng.getrandbits(128), version=4)),
    "ip": lambda rng: f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
    "host": lambda rng: rng.choice(
        ["db-1.internal", "cache.svc", "ledger.prod.local", "auth01", "queue-b", "s3.eu.example"]
    ),
    "user": lambda rng: rng.choice(["app", "billing", "svc_orders", "deploy", "maria", "readonly", "john.doe", "ops"]),
    "word": lambda rng: rng.choice(
        ["orders", "invoices", "payments", "customers", "ledger", "stock", "sessions", "carts", "refunds", "shipments"]
    ),
    "slug": lambda rng: "-".join(rng.sample(["blue", "oak", "mini", "pro", "set", "lamp", "xl", "eco", "table"], 3)),
    "file": lambda rng: rng.choice(
        ["/etc/app/app.conf", "/var/lib/app/data", "/srv/shop/config.yaml", "/run/secrets/key", "/opt/app/current/.env"]
    ),
    "pem": lambda rng: f"/etc/ssl/private/{rng.choice(['site', 'api', 'shop', 'wild'])}.{rng.choice(['pem', 'key'])}",
    "class": lambda rng: rng.choice(["OrderService", "HttpPool", "UserCache", "JobRunner", "MailSender", "RateGate"]),
    "method": lambda rng: rng.choice(["GET", "GET", "GET", "POST", "PUT", "DELETE"]),
    "status": lambda rng: rng.choice(["200", "200", "200", "204", "301", "304", "404", "499", "500", "502"]),
    "verb": lambda rng: rng.choice(["created", "updated", "loaded", "synced", "published", "archived"]),
    "ver": lambda rng: f"{rng.randint(1, 9)}.{rng.randint(0, 30)}.{rng.randint(0, 12)}",
}
_LEVEL_NAMES: dict[str, dict[str, str]] = {
    "postgres": {"debug": "DEBUG", "info": "LOG", "warn": "WARNING", "error": "ERROR", "fatal": "FATAL"},
    "klog": {"debug": "I", "info": "I", "warn": "W", "error": "E", "fatal": "F"},
    "pino": {"debug": "20", "info": "30", "warn": "40", "error": "50", "fatal": "60"},
    "nginx": {"debug": "debug", "info": "notice", "warn": "warn", "error": "error", "fatal": "emerg"},
}
_ACCESS = (
    '<ip> - - [%d/%b/%Y:%H:%M:%S +0000] "<method> /<word>/<slug>?id=<big> HTTP/1.1" <status> <big> "-" '
    '"Mozilla/5.0 (X11; Linux x86_64) rv:<n>"'
)


def fill(template: str, rng: random.Random) -> str:
    """`<port>` and the like made up."""
    for name, make in _FIELDS.items():
        while f"<{name}>" in template:
            template = template.replace(f"<{name}>", make(rng), 1)
    return template


def _syslog(rng: random.Random, at: datetime, level: str, message: str) -> str:
    unit = rng.choice(["app", "app", "kernel", "systemd", "dhclient", "cron"])
    shown = f"{level}: " if level in {"error", "fatal"} and rng.random() < 0.3 else ""
    return f"{at:%b %d %H:%M:%S} web-3 {unit}[{rng.randint(100, 4000)}]: {shown}{message}"


def _json_lines(rng: random.Random, at: datetime, level: str, message: str) -> str:
    trace = {"trace_id": f"{rng.getrandbits(64):016x}", "service": "payments", "env": "prod"}
    return json.dumps({"ts": at.isoformat(), "level": level, "logger": "app.http", "msg": message, **trace})


def _pino(rng: random.Random, at: datetime, level: str, message: str) -> str:
    number, time = int(_LEVEL_NAMES["pino"][level]), int(at.timestamp() * 1000)
    shown = {"level": number, "time": time, "pid": 17, "hostname": "pod-7f", "reqId": rng.randint(1, 10**6)}
    return json.dumps({**shown, "msg": message}, separators=(",", ":"))


def _java(rng: random.Random, at: datetime, level: str, message: str) -> str:
    name = rng.choice(
        ["[main] c.a.p.PaymentsApi", "[http-nio-8080-exec-7] o.h.e.j.Jdbc", "[scheduling-1] o.s.b.w.Server"]
    )
    head = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} {level.upper():5} {name} - "
    if level not in {"error", "fatal"} or rng.random() > 0.3:
        return head + message
    frames = [f"\tat com.acme.pay.{fill('<class>.run(<n>)', rng)}" for _ in range(rng.randint(2, 12))]
    outer = [f"{head}Unhandled exception in worker", "java.lang.IllegalStateException: request failed"]
    return "\n".join([*outer, *frames, f"Caused by: java.io.IOException: {message}", "\t... 23 more"])


def _python(rng: random.Random, at: datetime, level: str, message: str) -> str:
    name = rng.choice(["app.views", "app.tasks", "sqlalchemy.pool"])
    head = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d} - {name} - {level.upper()} - "
    if level not in {"error", "fatal"} or rng.random() > 0.3:
        return head + message
    frame = '  File "/srv/app/<word>.py", line <n>, in run\n    self.step()'
    frames = [fill(frame, rng) for _ in range(rng.randint(2, 7))]
    start = [f"{head}request failed", "Traceback (most recent call last):"]
    return "\n".join([*start, *frames, f"RuntimeError: {message}"])


def _postgres(rng: random.Random, at: datetime, level: str, message: str) -> str:
    who = rng.choice(["app@shop", "postgres@postgres", ""])
    head = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d} UTC [{rng.randint(100, 999)}] {who}"
    return f"{head} {_LEVEL_NAMES['postgres'][level]}:  {message}"


def _klog(rng: random.Random, at: datetime, level: str, message: str) -> str:
    name = rng.choice(["reflector", "controller", "kuberuntime", "event"])
    head = f"{_LEVEL_NAMES['klog'][level]}{at:%m%d %H:%M:%S}.{at.microsecond:06d}"
    return f"{head}       1 {name}.go:{rng.randint(30, 900)}] {message}"


def _zap(rng: random.Random, at: datetime, level: str, message: str) -> str:
    fields = json.dumps({"traceID": f"{rng.getrandbits(64):016x}", "attempt": rng.randint(1, 3)})
    name = rng.choice(["server/http", "store/pg", "worker/pool"])
    head = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z\t{level}\t{name}.go:{rng.randint(20, 400)}"
    return f"{head}\t{message}\t{fields}"


def _logfmt(rng: random.Random, at: datetime, level: str, message: str) -> str:
    head = fill(f"time={at:%Y-%m-%dT%H:%M:%SZ} level={level} caller=<word>.go:<n>", rng)
    return f"{head} msg={json.dumps(message)} tenant=acme"


def _nginx(rng: random.Random, at: datetime, level: str, message: str) -> str:
    if level in {"debug", "info"} and rng.random() < 0.8:
        return fill(at.strftime(_ACCESS), rng)
    head = f"{at:%Y/%m/%d %H:%M:%S} [{_LEVEL_NAMES['nginx'][level]}]"
    return f"{head} {rng.randint(10, 99)}#{rng.randint(10, 99)}: *{rng.randint(1, 10**5)} {message}"


def _compose(rng: random.Random, at: datetime, level: str, message: str) -> str:
    name = rng.choice(["web-1   ", "db-1    ", "worker-1", "proxy-1 "])
    return f"{name} | {at:%Y/%m/%d %H:%M:%S} [{level}] {message}"


def _plain(_: random.Random, at: datetime, level: str, message: str) -> str:
    shown = "" if level in {"info", "debug"} else f"{level[:4].upper()} "
    return f"[{at:%H:%M:%S}] {shown}{message}"


STYLES: dict[str, Callable[[random.Random, datetime, str, str], str]] = {
    "compose": _compose,
    "java": _java,
    "json": _json_lines,
    "klog": _klog,
    "logfmt": _logfmt,
    "nginx": _nginx,
    "pino": _pino,
    "plain": _plain,
    "postgres": _postgres,
    "python": _python,
    "syslog": _syslog,
    "zap": _zap,
}
