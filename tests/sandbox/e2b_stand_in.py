"""Speaks as much of E2B's wire as its SDK uses: a script says what commands answer, and all that arrives is kept."""

import base64
import json
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Arrived:
    what: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body[self.body.index(b"{") :])


@dataclass
class StandIn:
    """`job` is what the job itself answers: bytes of standard output, exit code, and how long it takes."""

    stdout: bytes = b""
    stderr: bytes = b""
    exit_code: int = 0
    lasts_s: float = 0.0
    floods: bool = False
    files: bytes = b""
    refuses: int = 0
    url: str = ""
    arrived: list[Arrived] = field(default_factory=list[Arrived])

    def named(self, what: str) -> list[Arrived]:
        return [each for each in self.arrived if each.what == what]

    @property
    def commands(self) -> list[str]:
        return [each.json["process"]["args"][-1] for each in self.named("POST /process.Process/Start")]


@contextmanager
def serving(stand_in: StandIn) -> Generator[StandIn]:  # noqa: C901 - one server, in one place
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            path = urlsplit(self.path).path
            arrived = Arrived(f"{self.command} {path}", dict(self.headers), self._body())
            stand_in.arrived.append(arrived)
            match arrived.what:
                case "POST /v2/sandboxes" if stand_in.refuses:
                    self._say(stand_in.refuses, {"code": stand_in.refuses, "message": "no"})
                case "POST /v2/sandboxes":
                    self._say(201, {"sandboxID": "sb1", "templateID": "base", "clientID": "c", "envdVersion": "0.6.3",
                                    "envdAccessToken": "token"})  # fmt: skip
                case "POST /process.Process/Start":
                    self._start(is_job="ulimit" in stand_in.commands[-1])
                case "GET /files":
                    self._say(200, stand_in.files)
                case "POST /files":
                    self._say(200, [{"name": "x", "path": "/tmp/x", "type": "file"}])
                case _:
                    self._say(204 if self.command == "DELETE" else 200, b"")

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 - the base's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            del format, args

        def _body(self) -> bytes:
            if self.headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _say(self, status: int, content: object) -> None:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _start(self, *, is_job: bool) -> None:
            self.send_response(200)
            self.send_header("content-type", "application/connect+json")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            try:
                self._events(is_job=is_job)
            except OSError:  # whoever asked went away
                self.close_connection = True

        def _events(self, *, is_job: bool) -> None:
            self._event({"event": {"start": {"pid": 7}}})
            if is_job:
                for stream, said in (("stdout", stand_in.stdout), ("stderr", stand_in.stderr)):
                    if said:
                        self._event({"event": {"data": {stream: base64.b64encode(said).decode()}}})
                end = time.monotonic() + stand_in.lasts_s
                while time.monotonic() < end:
                    if stand_in.floods:
                        self._event({"event": {"data": {"stdout": base64.b64encode(b"x" * 500_000).decode()}}})
                    time.sleep(0.02)
            code = stand_in.exit_code if is_job else 0
            self._event({"event": {"end": {"exitCode": code, "exited": True, "status": f"exit status {code}"}}})
            self._event({}, flag=2)
            self.wfile.write(b"0\r\n\r\n")

        def _event(self, content: dict[str, Any], *, flag: int = 0) -> None:
            said = json.dumps(content).encode()
            frame = bytes([flag]) + len(said).to_bytes(4, "big") + said
            self.wfile.write(b"%x\r\n%b\r\n" % (len(frame), frame))
            self.wfile.flush()

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        stand_in.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield stand_in
        finally:
            server.shutdown()
