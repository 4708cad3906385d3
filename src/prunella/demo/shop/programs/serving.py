"""What the shop's programs share: answer HTTP, ask over HTTP, write a log, refuse a bad configuration."""

import http.client
import json
import logging
import socketserver
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

JsonObject = dict[str, Any]


class Invalid(Exception):
    """The configuration cannot be used; the message is what the operator reads."""


class Request(NamedTuple):
    """What was asked. `body` is the JSON object that came with it, empty when there was none."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: JsonObject


class Answer(NamedTuple):
    """What is sent back: a status and a JSON object."""

    status: int
    body: JsonObject


Route = Callable[[Request], Answer]


def ask(method: str, url: str, body: JsonObject | None = None, *, timeout_s: float, **headers: str) -> Answer:
    """One request to another service. Raises OSError when nobody answers in time; `headers` with _ for -."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=timeout_s)
    try:
        connection.request(
            method,
            place.path or "/",
            json.dumps(body or {}),
            {name.replace("_", "-"): value for name, value in headers.items()},
        )
        response = connection.getresponse()
        return Answer(response.status, json.loads(response.read() or b"{}"))
    except (http.client.HTTPException, ValueError) as error:
        raise OSError(f"{url} did not answer as HTTP and JSON: {error!r}") from error
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's would look up the host's name: slow, and not needed


def serve(host: str, port: int, route: Route, workers: int = 8) -> None:
    """Answer, `workers` requests at a time, until the process is ended. Raises OSError for an address in use."""
    free_workers = threading.BoundedSemaphore(workers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            answer = self._answer()
            content = json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)
            self.close_connection = True

        def _answer(self) -> Answer:
            try:
                sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                request = Request(self.command, self.path, dict(self.headers), json.loads(sent or b"{}"))
                with free_workers:
                    return route(request)
            except Exception:
                logging.getLogger("shop").exception("unhandled error in %s %s", self.command, self.path)
                return Answer(500, {"error": "internal server error"})

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name that the library gives it)
            logging.getLogger("shop").debug("%s", format % args)

    with _Server((host, port), Handler) as server:
        logging.getLogger("shop").info("listening on http://%s:%s", host, port)
        server.serve_forever()


def run(name: str, line_format: str, start: Callable[[bool], None]) -> None:
    """Run `start(check_only)` as the program `name`; whatever stops it is written to log/NAME.log and stderr.

    With --check the configuration is loaded and nothing is touched. Exits 2 for a bad configuration, 1 for a crash.
    """
    check_only = sys.argv[1:] == ["--check"]
    outputs: list[logging.Handler] = [logging.StreamHandler()]
    if not check_only:
        outputs.append(logging.FileHandler(Path("log") / f"{name}.log", encoding="utf-8"))
    logging.basicConfig(format=line_format, level="INFO", handlers=outputs)
    try:
        start(check_only)
    except Invalid as error:
        logging.getLogger("shop").critical("%s", error)
        sys.exit(2)
    except Exception:  # noqa: BLE001 (a program's last word is its traceback)
        logging.getLogger("shop").critical("%s", traceback.format_exc().rstrip())
        sys.exit(2 if check_only else 1)
