"""ledger-worker: writes every paid job of the queue into the ledger. `worker.py worker.toml [--check]`."""
# A service of its own: the fleet runs it, nobody imports it.
# ruff: noqa: ANN001, ANN201, ANN204, S310, TRY300, TRY400
# pyright: basic

import json
import logging
import os
import signal
import sys
import time
import tomllib
import urllib.request
from logging.handlers import WatchedFileHandler
from pathlib import Path

import psycopg
import redis

log = logging.getLogger("ledger-worker")
KEYS = {
    "queue": {"url": str, "password": str, "name": str, "dead_letter": str, "batch": int},
    "database": {"url": str, "password": str},
    "retry": {"attempts": int, "backoff": float, "wait": float},
    "notify": {"url": str, "timeout": float, "retries": int, "backoff": float},
    "log": {"level": str, "file": str},
}


class ConfigError(Exception):
    pass


def read(path):
    try:
        config = tomllib.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    for section, keys in KEYS.items():
        for key, kind in keys.items():
            if key not in config.get(section, {}):
                raise ConfigError(f"{path}: [{section}] {key} is missing")
            if not isinstance(config[section][key], (int, float) if kind is float else kind):
                raise ConfigError(f"{path}: [{section}] {key} = {config[section][key]!r} is not {kind.__name__}")
    if config["log"]["level"] not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigError(f"{path}: [log] level = {config['log']['level']!r}")
    return config


class Worker:
    def __init__(self, config):
        self.config = config
        queue, database = config["queue"], config["database"]
        self.redis = redis.Redis.from_url(queue["url"], password=queue["password"], socket_timeout=10)
        self.connect = lambda: psycopg.connect(
            database["url"],
            password=database["password"],
            autocommit=True,
            connect_timeout=3,
            application_name="ledger-worker",
        )
        self.database = None
        self.doing = f"{queue['name']}:doing"
        self.tried = {}

    def wait(self):
        """Until queue and database are there, as long as is allowed."""
        end = time.monotonic() + self.config["retry"]["wait"]
        while True:
            try:
                self.redis.ping()
                self.database = self.connect()
                return
            except (redis.RedisError, psycopg.Error) as error:
                if time.monotonic() > end:
                    raise
                log.warning("not there yet: %s", str(error).strip())
                time.sleep(0.3)

    def run(self):
        """What an earlier one was at goes first."""
        while True:
            try:
                raw = self.redis.lindex(self.doing, 0)
                raw = raw or self.redis.blmove(self.config["queue"]["name"], self.doing, 5, "LEFT", "RIGHT")
                if raw is not None:
                    self.settle(raw)
            except (redis.RedisError, psycopg.Error, OSError, ValueError, KeyError, TypeError) as error:
                log.error("%s: %s", type(error).__name__, str(error).strip())
                time.sleep(self.config["retry"]["backoff"])

    def settle(self, raw):
        """In order: what fails stays at the head, unless it had its attempts."""
        try:
            self.write(json.loads(raw))
        except (ValueError, KeyError, TypeError) as error:
            self.tried[raw] = self.tried.get(raw, 0) + 1
            if 0 < self.config["retry"]["attempts"] <= self.tried[raw]:
                self.redis.rpush(self.config["queue"]["dead_letter"], raw)
                self.redis.lrem(self.doing, 1, raw)
                return
            raise ValueError(f"job {raw[:80]!r} at the head of {self.doing}: {error}") from error
        self.redis.lrem(self.doing, 1, raw)

    def write(self, job):
        if self.database is None or self.database.closed:
            self.database = self.connect()
        try:
            self.database.execute(
                "insert into ledger (reference, amount, fee) values (%s, %s, %s) on conflict (reference) do nothing",
                (job["id"], job["amount"], job["fee"]),
            )
        except psycopg.OperationalError:
            self.database.close()
            raise
        self.notify(job)

    def notify(self, job):
        notify = self.config["notify"]
        for tried in range(notify["retries"] + 1):
            try:
                with urllib.request.urlopen(f"{notify['url']}?id={job['id']}", timeout=notify["timeout"]):
                    return
            except OSError as error:
                log.warning("notify (try %d): %s", tried + 1, error)
                time.sleep(notify["backoff"])
        log.error("nobody was notified of %s", job["id"])


def main():
    try:
        config = read(sys.argv[1])
    except ConfigError as error:
        print(f"ledger-worker: {error}", file=sys.stderr)
        return 78
    if "--check" in sys.argv:
        print("ledger-worker: the configuration is right")
        return 0
    handler = WatchedFileHandler(config["log"]["file"])
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s ledger-worker %(message)s"))
    log.addHandler(handler)
    log.setLevel(config["log"]["level"])
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    worker = Worker(config)
    try:
        worker.wait()
    except (redis.RedisError, psycopg.Error) as error:
        print(f"ledger-worker: gave up: {str(error).strip()}", file=sys.stderr)
        log.error("gave up: %s", str(error).strip())
        return 1
    log.info("at work on %s", config["queue"]["name"])
    worker.run()
    return 0


sys.exit(main())
