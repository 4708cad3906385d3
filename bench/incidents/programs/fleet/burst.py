"""Many customers at once: `burst.py PORT`; exit code 1 when one of them was not served."""
# A service of its own: the fleet runs it, nobody imports it.
# ruff: noqa: ANN001, ANN201, BLE001
# pyright: basic

import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from journey import NAME, journey

WAITING, PAYING = 40, 16


def main():
    """Some only keep a connection open while the others pay."""
    port = int(sys.argv[1])
    context = ssl.create_default_context(cafile=Path(__file__).parent.parent / "edge/certs/ca.crt")
    with ExitStack() as open_ones, ThreadPoolExecutor(PAYING) as customers:
        try:
            for _ in range(WAITING):
                raw = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=4))
                open_ones.enter_context(context.wrap_socket(raw, server_hostname=NAME))
        except OSError as error:
            print(f"{WAITING} customers at once: {type(error).__name__}: {error}")
            return 1
        faults = [each for each in customers.map(lambda _: paid(port), range(PAYING)) if each]
    print(f"{len(faults)} of {PAYING} customers at once were not served: {faults[0]}" if faults else "all were served")
    return 1 if faults else 0


def paid(port):
    try:
        return journey(port, False, 500)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


sys.exit(main())
