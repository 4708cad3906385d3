"""gateway: the shop's front door; passes requests on. Configured by gateway/gateway.toml and gateway/limits.ini."""

import logging
import tomllib
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from . import serving
from .serving import Answer, JsonObject, Request

log = logging.getLogger("shop")
LEVELS = ("debug", "info", "warning", "error")


class Limits(NamedTuple):
    """gateway/limits.ini, parsed. `max_amount` is in cents."""

    max_amount: int
    max_body_kb: int
    paths: tuple[str, ...]
    maintenance: bool


FIELDS: dict[str, dict[str, type]] = {
    "server": {"host": str, "port": int, "workers": int, "log_level": str},
    "upstream.payments": {"url": str, "timeout_ms": int},
    "upstream.catalog": {"url": str, "timeout_ms": int},
}
RANGES = {
    ("server", "port"): (1, 65535),
    ("server", "workers"): (1, 64),
    ("upstream.payments", "timeout_ms"): (100, 60000),
    ("upstream.catalog", "timeout_ms"): (100, 60000),
}


def load_toml() -> JsonObject:
    try:
        raw = tomllib.loads(Path("gateway/gateway.toml").read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise serving.Invalid(f"failed to parse gateway.toml: {error}") from error
    upstream = {f"upstream.{name}": table for name, table in raw.pop("upstream", {}).items()}
    for section, fields in FIELDS.items():
        refuse_misfits(section, (raw | upstream).get(section, {}), fields)
    if (level := raw["server"]["log_level"]) not in LEVELS:
        listed = ", ".join(f"`{name}`" for name in LEVELS)
        raise serving.Invalid(f"gateway.toml: unknown variant `{level}` for `log_level`, expected one of {listed}")
    return raw | upstream


def refuse_misfits(section: str, table: JsonObject, fields: dict[str, type]) -> None:
    for name in table:
        if name not in fields:
            listed = ", ".join(f"`{field}`" for field in fields)
            raise serving.Invalid(f"gateway.toml: unknown field `{name}` in [{section}], expected one of {listed}")
    for name, kind in fields.items():
        if name not in table:
            raise serving.Invalid(f"gateway.toml: missing field `{name}` in [{section}]")
        refuse_misfit(f"{section}.{name}", table[name], kind, RANGES.get((section, name)))


def refuse_misfit(place: str, value: Any, kind: type, limits: tuple[int, int] | None) -> None:
    if type(value) is not kind:
        found = f"{type(value).__name__} `{value}`"
        raise serving.Invalid(f"gateway.toml: invalid type: {found} for `{place}`, expected {kind.__name__}")
    if limits and not limits[0] <= value <= limits[1]:
        raise serving.Invalid(f"gateway.toml: `{place}` = {value} is out of range, expected {limits[0]}..={limits[1]}")
    if place.endswith(".url") and (urlsplit(value).scheme != "http" or not urlsplit(value).port):
        raise serving.Invalid(f"gateway.toml: `{place}`: {value!r} is not of the form http://host:port")


def load_limits() -> Limits:
    config = ConfigParser()
    try:
        config.read("gateway/limits.ini", encoding="utf-8")
        return Limits(
            max_amount=config.getint("limits", "max_amount"),
            max_body_kb=config.getint("limits", "max_body_kb"),
            paths=tuple(path.strip() for path in config.get("routes", "paths").split(",")),
            maintenance=config.getboolean("routes", "maintenance"),
        )
    except Error as error:
        raise serving.Invalid(f"gateway/limits.ini: {error}") from error


class Gateway:
    """Answers requests by asking the service behind."""

    def __init__(self, config: JsonObject, limits: Limits) -> None:
        self.config, self.limits = config, limits

    def route(self, request: Request) -> Answer:
        if request.path == "/health":
            return self.health()
        path = "/" + request.path.split("/")[1]
        if self.limits.maintenance:
            return self.fail(503, "down for maintenance ([routes] maintenance = true)")
        if path not in self.limits.paths:
            return self.fail(404, f"no route for {path} ([routes] paths = {', '.join(self.limits.paths)})")
        if int(request.headers.get("Content-Length", "0")) > self.limits.max_body_kb * 1024:
            return self.fail(413, f"the body is larger than [limits] max_body_kb {self.limits.max_body_kb}")
        if request.body.get("amount", 0) > self.limits.max_amount:
            limit = f"[limits] max_amount {self.limits.max_amount}"
            return self.fail(413, f"amount {request.body['amount']} is above {limit}")
        return self.forward("catalog" if path == "/prices" else "payments", request)

    def health(self) -> Answer:
        """Green when somebody answers behind us, whatever the answer is."""
        for name in ("payments", "catalog"):
            answer = self.forward(name, Request("GET", "/health", {}, {}))
            if answer.status == 504:
                return answer._replace(status=503)
        return Answer(200, {"status": "ok"})

    def forward(self, name: str, request: Request) -> Answer:
        upstream: JsonObject = self.config[f"upstream.{name}"]
        url, timeout_s = str(upstream["url"]).rstrip("/"), upstream["timeout_ms"] / 1000
        try:
            return serving.ask(request.method, url + request.path, request.body, timeout_s=timeout_s)
        except ConnectionRefusedError:
            port = urlsplit(url).port
            return self.fail(504, f"upstream {name}: Connection refused. Check if PORT is set to {port}.")
        except OSError as error:
            return self.fail(504, f"upstream {name} ({url}): {error}")

    def fail(self, status: int, why: str) -> Answer:
        log.error("%s", why)
        return Answer(status, {"error": why})


def start(check_only: bool) -> None:
    config, limits = load_toml(), load_limits()
    server = config["server"]
    log.setLevel(server["log_level"].upper())
    if not check_only:
        serving.serve(server["host"], server["port"], Gateway(config, limits).route, server["workers"])


if __name__ == "__main__":
    serving.run("gateway", 'time="%(asctime)s" level=%(levelname)s svc=gateway msg="%(message)s"', start)
