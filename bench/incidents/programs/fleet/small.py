"""fraud, catalog and auth: `small.py fraud fraud.ini`, `small.py catalog catalog.json`, `small.py auth auth.yaml`.

With `--check` each only says whether its configuration is right.
"""
# A service of its own: the fleet runs it, nobody imports it.
# ruff: noqa: ANN001, ANN002, ANN201, ANN202, ANN204
# pyright: basic

import configparser
import hmac
import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


class ConfigError(Exception):
    pass


def whole(value, name, low, high):
    try:
        found = int(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{name} = {value!r} is not a whole number") from None
    if not low <= found <= high:
        raise ConfigError(f"{name} = {value} is not within {low} and {high}")
    return found


class Fraud:
    """Scores a payment for whoever shows a token that is signed and of now."""

    def __init__(self, path):
        ini = configparser.ConfigParser()
        try:
            ini.read_string(Path(path).read_text())
            self.host, self.port = ini["server"]["host"], whole(ini["server"]["port"], "port", 1, 65535)
            self.workers = whole(ini["server"]["workers"], "workers", 1, 1000)
            self.latency_s = whole(ini["server"]["latency_ms"], "latency_ms", 0, 60000) / 1000
            self.limit = whole(ini["rules"]["limit"], "limit", 0, 10**9)
            self.check_tokens = ini["auth"].getboolean("check_tokens")
            self.skew_s = whole(ini["auth"]["skew"], "skew", 0, 10**9)
            self.key = Path(ini["auth"]["key_file"]).read_text().strip()
        except (configparser.Error, KeyError, ValueError) as error:
            raise ConfigError(f"{path}: {error}") from error
        self.turns = threading.BoundedSemaphore(self.workers)

    def answer(self, path, query, headers):
        if path == "/health":
            return 200, {"status": "ok"}
        if path == "/notify":
            return 200, {"noted": query.get("id", "")}
        if path != "/score":
            return 404, {"error": f"no such path: {path}"}
        fault = self.fault_of(headers.get("Authorization", "")) if self.check_tokens else ""
        if fault:
            return 401, {"error": fault}
        with self.turns:
            time.sleep(self.latency_s)
        return 200, {"verdict": "ok" if int(query.get("amount", 0)) <= self.limit else "refuse"}

    def fault_of(self, header):
        stamp, _, signature = header.removeprefix("Bearer ").partition(".")
        if not hmac.compare_digest(signature, hmac.new(self.key.encode(), stamp.encode(), "sha256").hexdigest()):
            return "the token is not signed with our key"
        ahead = int(stamp) - time.time()
        if ahead > self.skew_s:
            return f"the token is not valid yet: nbf is {ahead:.0f} s ahead of our clock"
        return f"the token expired {-ahead:.0f} s ago" if -ahead > self.skew_s else ""


class Catalog:
    """What there is to buy."""

    def __init__(self, path):
        try:
            found = json.loads(Path(path).read_text())
            self.host, self.port = found["server"]["host"], whole(found["server"]["port"], "server.port", 1, 65535)
            self.items, self.page = found["items"], whole(found["page_size"], "page_size", 1, 1000)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path}: {error}") from error

    def answer(self, path, _query, _headers):
        if path == "/health":
            return 200, {"status": "ok"}
        if path == "/catalog":
            return 200, {"items": self.items[: self.page]}
        return 404, {"error": f"no such path: {path}"}


class Auth:
    """Gives tokens to those who log in."""

    def __init__(self, path):
        import yaml

        try:
            found = yaml.safe_load(Path(path).read_text())
            self.host, self.port = found["server"]["host"], whole(found["server"]["port"], "server.port", 1, 65535)
            self.ttl = whole(found["tokens"]["ttl"], "tokens.ttl", 1, 10**6)
            self.required = found["tokens"]["required"]
        except (KeyError, TypeError, yaml.YAMLError) as error:
            raise ConfigError(f"{path}: {error}") from error

    def answer(self, path, query, _headers):
        if path == "/health":
            return 200, {"status": "ok"}
        if path == "/auth/login":
            return (200, {"ttl": self.ttl}) if query.get("user") or not self.required else (401, {"error": "who?"})
        return 404, {"error": f"no such path: {path}"}


def door(service):
    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            status, body = service.answer(parts.path, query, self.headers)
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            if status >= 400:
                print(f"{time.strftime('%F %T')} WARNING {self.path} answered {status}: {body['error']}", flush=True)

        def log_message(self, *_arguments):
            pass

    return Door


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


def main():
    name, path = sys.argv[1:3]
    try:
        service = {"fraud": Fraud, "catalog": Catalog, "auth": Auth}[name](path)
    except (ConfigError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 78
    if "--check" in sys.argv:
        print(f"{name}: the configuration is right")
        return 0
    try:
        server = Server((service.host, service.port), door(service))
    except OSError as error:
        print(f"{name}: {service.host}:{service.port}: {error}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    print(f"{time.strftime('%F %T')} INFO {name} serves at {service.host}:{service.port}", flush=True)
    server.serve_forever()
    return 0


sys.exit(main())
