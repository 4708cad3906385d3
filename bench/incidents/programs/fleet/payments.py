"""payments: takes payments. `payments.py` serves; `payments.py --check` says whether the configuration is right.

Reads `.env` and `config.yaml` in the folder PAYMENTS_HOME (default: the working folder). What the environment has
goes before `.env`, and PAY_FEE, PAY_CURRENCY, LOG_LEVEL there before the YAML. HUP: reads both again.
"""
# A service of its own: the fleet runs it, nobody imports it.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204, PLW2901, S310, TRY300, TRY400
# pyright: basic

import hmac
import json
import logging
import os
import queue
import resource
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from logging.handlers import WatchedFileHandler
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
import yaml

RELEASE = "1.4.1"
KEPT_KB = 0
log = logging.getLogger("payments")


class ConfigError(Exception):
    pass


class Config:
    """Everything that can be set, checked."""

    def __init__(self, home):
        env = {**read_env(home / ".env"), **os.environ}
        self.values = read_yaml(home / "config.yaml")
        self.database_url = need(env, "DATABASE_URL")
        self.database_password = need(env, "DATABASE_PASSWORD")
        self.redis_url = need(env, "REDIS_URL")
        self.redis_password = need(env, "REDIS_PASSWORD")
        self.token_key = need(env, "TOKEN_KEY")
        self.fraud_url = need(env, "FRAUD_URL")
        self.fee_percent = number(env.get("PAY_FEE", self.key("fee_percent")), "fee_percent", 0, 50)
        self.currency = env.get("PAY_CURRENCY", self.key("currency"))
        self.log_level = str(env.get("LOG_LEVEL", self.key("log.level"))).upper()
        self.log_file = self.key("log.file")
        self.workers = int(number(self.key("workers"), "workers", 1, 256))
        self.timeout_s = number(self.key("timeout"), "timeout", 0, 600)
        self.pool = int(number(self.key("database.pool"), "database.pool", 1, 100))
        self.statement_timeout_ms = int(
            number(self.key("database.statement_timeout_ms"), "statement_timeout_ms", 0, 600000)
        )
        self.queue = self.key("queue.name")
        self.fraud_timeout_s = number(self.key("fraud.timeout"), "fraud.timeout", 0.01, 60)
        self.fraud_retries = int(number(self.key("fraud.retries"), "fraud.retries", 0, 100))
        self.fraud_backoff_s = number(self.key("fraud.backoff"), "fraud.backoff", 0, 60)
        self.fraud_required = flag(self.key("fraud.required"), "fraud.required")
        self.clock_offset_s = number(self.key("clock.offset"), "clock.offset", -1e9, 1e9)
        self.instalments = flag(self.key("features.instalments"), "features.instalments")
        self.memory_mb = int(number(self.key("limits.memory_mb"), "limits.memory_mb", 64, 10**6))
        self.limit = int(number(self.key("limits.amount"), "limits.amount", 1, 10**9))
        if self.log_level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ConfigError(f"log.level: {self.log_level} is none of DEBUG, INFO, WARNING, ERROR")
        if urlsplit(self.database_url).scheme != "postgresql":
            raise ConfigError(f"DATABASE_URL: {self.database_url} is no postgresql:// URL")
        if urlsplit(self.redis_url).scheme != "redis":
            raise ConfigError(f"REDIS_URL: {self.redis_url} is no redis:// URL")

    def key(self, dotted):
        found = self.values
        for part in dotted.split("."):
            if not isinstance(found, dict) or part not in found:
                raise ConfigError(f"config.yaml: KeyError: '{dotted}' is missing")
            found = found[part]
        return found


def read_env(path):
    values = {}
    for count, line in enumerate(path.read_text().splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, sign, value = line.partition("=")
        if not sign:
            raise ConfigError(f"{path.name}:{count}: expected NAME=VALUE, got {line!r}")
        values[name.strip()] = value.strip().strip('"')
    return values


def read_yaml(path):
    try:
        found = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigError(f"config.yaml: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError("config.yaml: not a mapping")
    return found


def need(env, name):
    if not env.get(name):
        raise ConfigError(f".env: {name} is missing")
    return env[name]


def number(value, name, low, high):
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{name}: {value!r} is not a number") from None
    if not low <= found <= high:
        raise ConfigError(f"{name}: {value} is not within {low} and {high}")
    return found


def flag(value, name):
    if not isinstance(value, bool):
        raise ConfigError(f"{name}: {value!r} is neither true nor false")
    return value


def resolve(url):
    """Names of the fleet's own hosts file go before the system's."""
    hosts = Path(os.environ.get("FLEET_HOSTS", "/etc/hosts"))
    parts = urlsplit(url)
    for line in hosts.read_text().splitlines():
        address, *names = line.split("#")[0].split() or [""]
        if parts.hostname in names:
            return parts._replace(netloc=f"{address}:{parts.port}").geturl()
    return url


class Problem(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


class Payments:
    """The work itself; `config` is changed as a whole."""

    def __init__(self, config):
        self.take(config)
        self.kept = []

    def take(self, config):
        old = getattr(self, "idle", None)
        self.config = config
        self.turns = threading.BoundedSemaphore(config.workers)
        self.idle = queue.LifoQueue(config.pool)
        self.slots = threading.BoundedSemaphore(config.pool)
        while old is not None and not old.empty():
            old.get_nowait().close()
        self.redis = redis.Redis.from_url(
            config.redis_url, password=config.redis_password, socket_timeout=3, socket_connect_timeout=3
        )

    def in_turn(self, work, *arguments):
        turns, timeout = self.turns, self.config.timeout_s
        if not turns.acquire(timeout=timeout or None):
            raise Problem(504, f"no worker became free within {timeout:g} s (workers={self.config.workers})")
        try:
            return work(*arguments)
        finally:
            turns.release()

    def pay(self, order):
        config = self.config
        amount, currency = order["amount"], order.get("currency", config.currency)
        log.debug("order %s", json.dumps(order))
        if KEPT_KB:
            self.kept.append(bytearray(KEPT_KB * 1024))
        if currency != config.currency:
            raise Problem(422, f"currency {currency} is not {config.currency}")
        if not 0 < amount <= config.limit:
            raise Problem(422, f"amount {amount} is not within 1 and {config.limit}")
        self.ask_fraud(amount)
        fee = int(amount * config.fee_percent) // 100
        payment = {"id": uuid.uuid4().hex, "amount": amount, "currency": currency, "fee": fee, "total": amount + fee}
        if config.instalments:
            payment["instalments"] = self.instalments(payment["total"])
        self.store(payment, order)
        self.redis.rpush(config.queue, json.dumps({"id": payment["id"], "amount": amount, "fee": fee}))
        log.info("paid %s amount=%d total=%d", payment["id"], amount, payment["total"])
        return payment

    def instalments(self, total):
        plan = {100: 1, 500: 2, 1000: 3}
        return plan[next(limit for limit in plan if total <= limit)]

    def ask_fraud(self, amount):
        config = self.config
        now = int(time.time() + config.clock_offset_s)
        token = f"{now}.{hmac.new(config.token_key.encode(), str(now).encode(), 'sha256').hexdigest()}"
        for tried in range(config.fraud_retries + 1):
            try:
                request = urllib.request.Request(
                    f"{resolve(config.fraud_url)}/score?amount={amount}", headers={"Authorization": f"Bearer {token}"}
                )
                with urllib.request.urlopen(request, timeout=config.fraud_timeout_s) as answer:
                    if json.load(answer)["verdict"] != "ok":
                        raise Problem(402, "refused by the fraud check")
                return
            except urllib.error.HTTPError as error:
                text = error.read(300).decode(errors="replace")
                if error.code == 401:
                    log.error("fraud refused our token: %s", text)
                    raise Problem(502, f"fraud: 401 {text}") from error
                failure = f"{error.code} {text}"
            except OSError as error:
                failure = str(getattr(error, "reason", error))
            log.error("fraud at %s: %s (try %d)", config.fraud_url, failure, tried + 1)
            time.sleep(config.fraud_backoff_s)
        if config.fraud_required:
            raise Problem(502, f"fraud at {config.fraud_url}: {failure}")
        log.warning("went on without the fraud check")

    def store(self, payment, order):
        with self.database() as connection, connection.transaction():
            connection.execute(
                "insert into payments (reference, amount, fee, currency, merchant, card_last4)"
                " values (%s, %s, %s, %s, %s, %s)",
                (
                    payment["id"],
                    payment["amount"],
                    payment["fee"],
                    payment["currency"],
                    order.get("merchant", ""),
                    str(order.get("card", ""))[-4:],
                ),
            )

    def look_up(self, reference):
        with self.database() as connection:
            row = connection.execute(
                "select amount, fee, currency from payments where reference = %s", (reference,)
            ).fetchone()
        if row is None:
            raise Problem(404, f"no payment {reference}")
        return {"id": reference, "amount": row[0], "fee": row[1], "currency": row[2]}

    def health(self):
        return {"status": "ok", "release": RELEASE}

    def database(self):
        return Borrowed(self)


class Borrowed:
    """A connection of the pool; a broken one is not given back."""

    def __init__(self, payments):
        self.idle, self.slots, self.config = payments.idle, payments.slots, payments.config

    def __enter__(self):
        if not self.slots.acquire(timeout=5):
            raise Problem(503, f"no database connection became free (database.pool={self.config.pool})")
        try:
            self.connection = self.fresh()
        except BaseException:
            self.slots.release()
            raise
        return self.connection

    def fresh(self):
        while True:
            try:
                connection = self.idle.get_nowait()
            except queue.Empty:
                return psycopg.connect(
                    self.config.database_url,
                    password=self.config.database_password,
                    autocommit=True,
                    connect_timeout=3,
                    application_name="payments",
                    options=f"-c statement_timeout={self.config.statement_timeout_ms}",
                )
            try:
                connection.execute("select 1")
            except psycopg.Error:
                connection.close()
            else:
                return connection

    def __exit__(self, kind, error, _trace):
        if isinstance(error, psycopg.OperationalError) or self.connection.closed:
            self.connection.close()
        else:
            try:
                self.idle.put_nowait(self.connection)
            except queue.Full:
                self.connection.close()
        self.slots.release()


class Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    payments: "Payments"

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, self.payments.health())
        elif self.path.startswith("/pay/"):
            self.work(200, self.payments.look_up, self.path.removeprefix("/pay/"))
        else:
            self.answer(404, {"error": f"no such path: {self.path}"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/pay":
            self.answer(404, {"error": f"no such path: {self.path}"})
            return
        try:
            order = json.loads(body)
            int(order["amount"])
        except (ValueError, TypeError, KeyError) as error:
            self.answer(400, {"error": f"no order: {error}"})
            return
        self.work(201, self.payments.pay, order)

    def work(self, status, what, *arguments):
        try:
            self.answer(status, self.payments.in_turn(what, *arguments))
        except Problem as problem:
            log.error("%s %s: %s", self.command, self.path, problem)
            self.answer(problem.status, {"error": str(problem)})
        except MemoryError:
            log.critical("out of memory: limits.memory_mb is %d, release %s", self.payments.config.memory_mb, RELEASE)
            os._exit(70)
        except Exception as error:
            log.error("%s %s: %s: %s", self.command, self.path, type(error).__name__, str(error).strip())
            log.debug("trace", exc_info=True)
            self.answer(500, {"error": f"{type(error).__name__}: {str(error).strip()}"})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def log_to(config):
    handler = WatchedFileHandler(config.log_file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s payments[%(process)d] %(message)s"))
    log.handlers[:] = [handler]
    log.setLevel(config.log_level)


def main():
    home = Path(os.environ.get("PAYMENTS_HOME", "."))
    try:
        config = Config(home)
    except (ConfigError, OSError) as error:
        print(f"payments: {error}", file=sys.stderr)
        return 78
    if "--check" in sys.argv:
        print("payments: the configuration is right")
        return 0
    log_to(config)
    Door.payments = Payments(config)

    def reload(*_):
        try:
            new = Config(home)
        except (ConfigError, OSError) as error:
            log.error("not reloaded: %s", error)
            return
        Door.payments.take(new)
        log_to(new)
        log.info("reloaded")

    port = int(os.environ["PAYMENTS_PORT"])
    resource.setrlimit(resource.RLIMIT_AS, (config.memory_mb * 2**20, resource.RLIM_INFINITY))
    server = Server(("127.0.0.1", port), Door)
    signal.signal(signal.SIGHUP, reload)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    log.info("release %s serves at 127.0.0.1:%d with %d workers", RELEASE, port, config.workers)
    server.serve_forever()
    return 0


sys.exit(main())
