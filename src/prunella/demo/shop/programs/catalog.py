"""catalog: lists prices, in the currency and with the fee that payments charges. Configured by catalog/catalog.json."""

import json
import logging
from pathlib import Path

from . import serving
from .serving import Answer, JsonObject, Request

log = logging.getLogger("shop")
REQUIRED = {"host": str, "port": int, "currency": str, "payments_url": str, "prices": dict}


def load_config() -> JsonObject:
    try:
        config = json.loads(Path("catalog/catalog.json").read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise serving.Invalid(f"catalog.json is not valid JSON: {error}") from error
    for name, kind in REQUIRED.items():
        if name not in config:
            raise serving.Invalid(f"catalog.json: {name!r} is a required property")
        if type(config[name]) is not kind:
            raise serving.Invalid(f"catalog.json: $.{name}: {config[name]!r} is not of type {kind.__name__!r}")
    return config


class Catalog:
    """Answers requests from its configuration; healthy while payments charges in the currency of its prices."""

    def __init__(self, config: JsonObject) -> None:
        self.config = config

    def route(self, request: Request) -> Answer:
        if request.path != "/health":
            return Answer(200, {"currency": self.config["currency"], "prices": self.config["prices"]})
        try:
            fees = serving.ask("GET", self.config["payments_url"] + "/fees", timeout_s=1.0)
        except OSError as error:
            return self.fail(f"payments at {self.config['payments_url']} cannot be reached: {error}")
        charged, listed = fees.body.get("currency"), self.config["currency"]
        if charged != listed:
            return self.fail(f"prices are listed in {listed}, payments charges {charged}")
        return Answer(200, {"status": "ok"})

    def fail(self, why: str) -> Answer:
        log.error("%s", why)
        return Answer(503, {"error": why})


def start(check_only: bool) -> None:
    config = load_config()
    if not check_only:
        serving.serve(config["host"], config["port"], Catalog(config).route)


if __name__ == "__main__":
    serving.run("catalog", '{"time": "%(asctime)s", "level": "%(levelname)s", "message": "%(message)s"}', start)
