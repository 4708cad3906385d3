"""A small service that talks too much: what it knows stands in its log, its answers and its pre-flight."""

import base64
import http.server
import sys
from pathlib import Path
from urllib.parse import quote

settings = dict(line.split("=", 1) for line in Path(".env").read_text().splitlines() if "=" in line)
declared = Path("declared.secret").read_text().strip()
token, session, card = settings["API_TOKEN"], settings["SESSION"], settings["STRIPE"]
LEAKS = [
    f"INFO connecting as app with {declared}",
    f"INFO Authorization: Basic {base64.b64encode(f'app:{declared}'.encode()).decode()}",
    f"INFO GET /login?user=app&next=/&t={quote(token, safe='')}",
    f"ERROR cannot use the token {token} for upstream",
    f"ERROR session {session} was refused; retry with {card}",
    f"ERROR failed to reach {settings['DATABASE_URL']}",
    f"WARN env={{'API_TOKEN': '{token}', 'PORT': '{settings['PORT']}'}}",
]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_right = settings["MODE"] == "good"
        self.send_response(200 if is_right else 500)
        self.end_headers()
        body = "ok" if is_right else "\n".join([f"MODE must be good, it is {settings['MODE']}", *LEAKS])
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the standard library's name for it
        """Silent: it talks enough."""


def log(lines: list[str]) -> None:
    with Path("leaky.log").open("a") as file:
        file.write("\n".join(lines) + "\n")
    print("\n".join(lines), flush=True)


log(LEAKS)
if settings["MODE"] != "good":
    log([f"ERROR MODE must be good, it is {settings['MODE']}"])
if "--check" in sys.argv:
    sys.exit(settings["MODE"] != "good")
http.server.ThreadingHTTPServer(("127.0.0.1", int(settings["PORT"])), Handler).serve_forever()
