"""A small service: `program.py FILE [--check]`. FILE holds NAME=VALUE lines.

PORT is where it answers, with STATUS (200). LEVEL is `low` or `high`; MIN is at most MAX; each complaint ends it. NEEDS
is a port to which it connects when it starts. WRITES makes it write into its folder. HANGS makes its check hang.
"""

import os
import socket
import sys
import time

with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
    told = dict(line.split("=", 1) for line in file.read().splitlines() if "=" in line)


def complain(about: str) -> None:
    sys.exit(f"error: {about}")


if told.get("LEVEL", "low") not in {"low", "high"}:
    complain(f"LEVEL must be low or high, not {told['LEVEL']}")
if not told.get("PORT", "1").isdecimal():
    complain(f"PORT must be a number, not {told['PORT']}")
if int(told.get("MIN", "0")) > int(told.get("MAX", "0")):
    complain("MIN is above MAX")
if "WRITES" in told:
    for name in ("data.db", "program.pid", "log/program.log"):
        with open(name, "a", encoding="utf-8") as out:  # noqa: PTH123
            out.write(f"{os.getpid()}\n")
if "SOCKET" in told:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(told["SOCKET"])
if "--check" in sys.argv:
    if "HANGS" in told:
        time.sleep(60)
    sys.exit(0)
if "NEEDS" in told:
    socket.create_connection(("127.0.0.1", int(told["NEEDS"])), timeout=2).close()
with socket.socket() as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(told["PORT"])))
    server.listen(16)
    begun = time.monotonic()
    while True:
        client, _ = server.accept()
        with client:
            client.recv(4096)
            is_warm = time.monotonic() - begun > float(told.get("WARM_UP", "0"))
            status = told.get("STATUS", "200") if is_warm else "503"
            client.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: 4\r\n\r\nfine".encode())
