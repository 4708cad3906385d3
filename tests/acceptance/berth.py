"""A small service for tests to break: `python berth.py FILE [--check]`. It reads one file of any of five formats.

It answers 200 at /alive, or 502 when a `friend` that its file names does not. `--check` is its pre-flight.
"""

import configparser
import json
import sys
import tomllib
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DOORS = {
    ".env": ("LAMP_LISTEN", "LAMP_FRIEND"),
    ".ini": ("door.number", "door.friend"),
    ".toml": ("listen.at", "listen.friend"),
    ".yaml": ("quay.door", "quay.friend"),
    ".json": ("socket.port", "socket.friend"),
}


class Refusal(Exception):
    """The file is not acceptable."""


def main() -> int:
    path, name = Path(sys.argv[1]), Path(sys.argv[1]).parent.name
    try:
        door, friend = read(path)
    except Refusal as refusal:
        say(name, f"FATAL {refusal}")
        return 78
    if "--check" in sys.argv:
        return 0
    try:
        server = ThreadingHTTPServer(("127.0.0.1", door), handler(name, friend))
    except OSError as error:
        say(name, f"FATAL no door at {door}: {error.strerror}")
        return 71
    say(name, f"INFO open at {door}")
    server.serve_forever(0.05)
    return 0


def read(path: Path) -> tuple[int, str]:
    """The port and the URL of the friend, "" for none."""
    kind = path.suffix or path.name
    try:
        settings = parse(kind, path.read_text(encoding="latin-1" if kind == ".env" else "utf-8"))
    except FileNotFoundError as error:
        raise Refusal(f"{path} is missing") from error
    except Exception as error:
        raise Refusal(f"{path} makes no sense: {' '.join(str(error).split())}") from error
    door, friend = DOORS[kind]
    number = settings.get(door)
    if number is None:
        raise Refusal(f"{path}: {door} is required")
    try:
        return int(str(number)), str(settings.get(friend) or "")
    except ValueError as error:
        raise Refusal(f"{path}: {door} must be a number, not {number!r}") from error


def parse(kind: str, text: str) -> Mapping[str, Any]:
    if kind == ".env":
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)
    if kind == ".ini":
        parser = configparser.ConfigParser()
        parser.read_string(text)
        return {f"{section}.{key}": value for section in parser.sections() for key, value in parser[section].items()}
    if kind == ".yaml":
        from ruamel.yaml import YAML

        return flat(YAML(typ="safe").load(text))
    return flat(json.loads(text) if kind == ".json" else tomllib.loads(text))


def flat(tree: Mapping[str, Any]) -> dict[str, Any]:
    return {f"{table}.{key}": value for table, rows in tree.items() for key, value in rows.items()}


def say(name: str, text: str) -> None:
    line = f"{datetime.now(UTC):%H:%M:%S} {text}"
    print(line, file=sys.stderr, flush=True)
    if "--check" not in sys.argv:
        with Path("log", f"{name}.log").open("a", encoding="utf-8") as log:
            log.write(line + "\n")


def handler(name: str, friend: str) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fault = fault_of(friend) if friend else ""
            if fault:
                say(name, f"ERROR {fault}")
            body = (fault or "fair wind").encode()
            self.send_response(502 if fault else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
            """Silent."""

    return Door


def fault_of(friend: str) -> str:
    try:
        urllib.request.urlopen(friend, timeout=1).read()  # noqa: S310 -- the test's own address
    except OSError as error:
        return f"my friend at {friend} is silent: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
