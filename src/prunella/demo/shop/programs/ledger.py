"""ledger: keeps what was paid, in SQLite. Configured by ledger/ledger.ini."""

import hashlib
import logging
import sqlite3
import threading
from configparser import ConfigParser
from typing import NamedTuple

from . import serving
from .serving import Answer, Request

log = logging.getLogger("shop")
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
JOURNALS = ("delete", "wal", "memory")
APIS = ("v1", "v2")


class Settings(NamedTuple):
    """The whole of ledger.ini."""

    host: str
    port: int
    threads: int
    database: str
    journal: str
    busy_timeout_ms: int
    currency: str
    api: str
    max_amount: int
    read_only: bool
    retention_days: int
    level: str
    clients: dict[str, str]


def load_settings() -> Settings:
    config = ConfigParser(inline_comment_prefixes=(";",))
    config.read("ledger/ledger.ini", encoding="utf-8")
    settings = Settings(
        host=config.get("server", "host"),
        port=config.getint("server", "port"),
        threads=config.getint("server", "threads"),
        database=config.get("storage", "database"),
        journal=config.get("storage", "journal"),
        busy_timeout_ms=config.getint("storage", "busy_timeout_ms"),
        currency=config.get("ledger", "currency"),
        api=config.get("ledger", "api"),
        max_amount=config.getint("ledger", "max_amount"),
        read_only=config.getboolean("ledger", "read_only"),
        retention_days=config.getint("ledger", "retention_days"),
        level=config.get("log", "level"),
        clients=dict(config["clients"]),
    )
    refuse_illegal(settings)
    return settings


def refuse_illegal(settings: Settings) -> None:
    if settings.level not in LEVELS:
        raise serving.Invalid(f"unknown log level {settings.level!r}, expected one of: {', '.join(LEVELS)}")
    if settings.journal not in JOURNALS:
        raise serving.Invalid(f"[storage] journal: {settings.journal!r} is not one of {', '.join(JOURNALS)}")
    if settings.api not in APIS:
        raise serving.Invalid(f"[ledger] api: {settings.api!r} is not one of {', '.join(APIS)}")
    for section, option, value, least, most in (
        ("server", "port", settings.port, 1, 65535),
        ("server", "threads", settings.threads, 1, 32),
        ("storage", "busy_timeout_ms", settings.busy_timeout_ms, 10, 60000),
        ("ledger", "retention_days", settings.retention_days, 30, 3650),
    ):
        if not least <= value <= most:
            raise serving.Invalid(f"[{section}] {option} = {value}: must be between {least} and {most}")


class Ledger:
    """Answers requests from one SQLite file."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.Lock()
        self.rows = sqlite3.connect(settings.database, check_same_thread=False, isolation_level=None)
        self.rows.execute(f"PRAGMA journal_mode = {settings.journal}")
        self.rows.execute(f"PRAGMA busy_timeout = {settings.busy_timeout_ms}")
        self.rows.execute(
            "CREATE TABLE IF NOT EXISTS entries (id TEXT PRIMARY KEY, amount INT, fee INT, currency TEXT)"
        )

    def route(self, request: Request) -> Answer:
        if request.path == "/health":
            return Answer(200, {"status": "ok"})
        if refusal := self.refusal(request):
            log.warning("%s %s refused: %s", request.method, request.path, refusal.body["error"])
            return refusal
        if request.path == "/about":
            kept_days = self.settings.retention_days
            return Answer(200, {"currency": self.settings.currency, "api": self.settings.api, "kept_days": kept_days})
        return self.write(request) if request.method == "POST" else self.read(request.path.rpartition("/")[2])

    def refusal(self, request: Request) -> Answer | None:
        client = request.headers.get("X-Client", "")
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if hashlib.sha256(token.encode()).hexdigest() != self.settings.clients.get(client):
            return Answer(401, {"error": f"authentication failed for client {client!r}"})
        if (spoken := request.headers.get("X-Api", "")) != self.settings.api:
            return Answer(400, {"error": f"API mismatch: client speaks {spoken}, ledger speaks {self.settings.api}"})
        return None

    def write(self, request: Request) -> Answer:
        entry = request.body
        if self.settings.read_only:
            return self.reject(503, "ledger is read-only ([ledger] read_only = true)")
        if entry["currency"] != self.settings.currency:
            return self.reject(409, f"cannot book {entry['currency']}, [ledger] currency is {self.settings.currency}")
        if entry["amount"] > self.settings.max_amount:
            return self.reject(422, f"amount {entry['amount']} is above [ledger] max_amount {self.settings.max_amount}")
        with self.lock:
            self.rows.execute("INSERT INTO entries VALUES (:id, :amount, :fee, :currency)", entry)
        return Answer(201, {"id": entry["id"]})

    def reject(self, status: int, why: str) -> Answer:
        log.error("%s", why)
        return Answer(status, {"error": why})

    def read(self, entry_id: str) -> Answer:
        with self.lock:
            row = self.rows.execute("SELECT id, amount, fee, currency FROM entries WHERE id = ?", [entry_id]).fetchone()
        if row is None:
            return Answer(404, {"error": f"no entry {entry_id}"})
        return Answer(200, dict(zip(("id", "amount", "fee", "currency"), row, strict=True)))


def start(check_only: bool) -> None:
    settings = load_settings()
    log.setLevel(settings.level)
    if not check_only:
        serving.serve(settings.host, settings.port, Ledger(settings).route, settings.threads)


if __name__ == "__main__":
    serving.run("ledger", "[%(asctime)s] [%(process)d] [%(levelname)s] %(message)s", start)
