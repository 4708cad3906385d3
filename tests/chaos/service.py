"""A small http service: `service.py PORT CHECK FILE...`. Answers 200 while CHECK, a Python expression over the files'
texts in `texts`, is true, else 500; `/config` tells what it was started on. Every start is a line in `starts.log`.

Ends at once when a file says `broken`. Imports little: it must start fast. `slow_start=S` in a file delays the
listening, `slow_stop=S` the end; `stops.log` gets a line as soon as it is asked to stop.
"""

import hashlib
import os
import re
import signal
import socket
import sys
import time


def seconds(name: str, text: str) -> float:
    found = re.search(rf"{name}=([\d.]+)", text)
    return float(found[1]) if found else 0.0


def main() -> None:
    port, check, paths = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    blobs = [open(path, "rb").read() if os.path.exists(path) else b"" for path in paths]  # noqa: SIM115, PTH110, PTH123
    texts = [blob.decode(errors="replace") for blob in blobs]
    whole, digest = "\n".join(texts), hashlib.sha256(b"\0".join(blobs)).hexdigest()[:12]
    with open("starts.log", "a") as log:  # noqa: PTH123
        log.write(f"{digest}\n")
    if "broken" in whole:
        sys.exit("error: the configuration is broken")
    signal.signal(signal.SIGTERM, lambda _signal, _frame: stop(seconds("slow_stop", whole)))
    time.sleep(seconds("slow_start", whole))
    healthy = bool(eval(check, {"texts": texts}))  # noqa: S307 -- the test's own expression
    serve(port, healthy=healthy, digest=digest)


def stop(after_s: float) -> None:
    with open("stops.log", "a") as log:  # noqa: PTH123
        log.write("asked to stop\n")
    time.sleep(after_s)
    os._exit(0)


def serve(port: int, *, healthy: bool, digest: str) -> None:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen(16)
        while True:
            client, _ = server.accept()
            with client:
                asked = client.recv(4096).split(b" ")
                is_config = asked[1:2] == [b"/config"]
                status = "200 OK" if healthy or is_config else "500 Wrong"
                body = digest if is_config else "well" if healthy else "wrong"
                head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
                client.sendall(head.encode() + body.encode())


main()
