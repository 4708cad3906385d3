"""A small service: `server.py FILE [--check]`. FILE holds `PORT=` and perhaps `SLOW=` (seconds until it listens),
`STATUS=` (what it answers), `CRASH=` (it ends at once) and `SAYS=` (printed at the start).

`--check` is its pre-flight: red when FILE says `BAD`. Imports little: it must start fast.
"""

import socket
import sys
import time


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        lines = (line.partition("=") for line in file.read().splitlines())
    told = {name: value for name, _, value in lines}
    if "--check" in sys.argv:
        sys.exit("error: the configuration says BAD" if "BAD" in told else 0)
    print("SAYS", told.get("SAYS", "hello"), flush=True)
    if "CRASH" in told:
        sys.exit("fatal: cannot go on")
    time.sleep(float(told.get("SLOW", "0")))
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", int(told["PORT"])))
        server.listen(16)
        while True:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                body = told.get("BODY", "fine").encode()
                head = f"HTTP/1.1 {told.get('STATUS', '200')} X\r\nContent-Length: {len(body)}\r\n\r\n"
                client.sendall(head.encode() + body)


main()
