"""Whether the ledger keeps up: `lag.py REDIS-PORT PASSWORD-FILE`; exit code 1 when paid jobs wait for too long."""
# A service of its own: the fleet runs it, nobody imports it.
# ruff: noqa: ANN201
# pyright: basic

import sys
import time
from pathlib import Path

import redis

MOST, PATIENCE_S = 20, 4.0


def main():
    client = redis.Redis(port=int(sys.argv[1]), password=Path(sys.argv[2]).read_text().strip(), socket_timeout=2)
    end, first = time.monotonic() + PATIENCE_S, client.lindex("jobs:doing", 0)
    while True:
        waiting, doing = client.llen("jobs"), client.lindex("jobs:doing", 0)
        if waiting <= MOST and (doing is None or doing != first):
            print(f"{waiting} jobs wait")
            return 0
        if time.monotonic() > end:
            print(f"{waiting} jobs wait, and the one at the head does not move on: {str(doing)[:120]}")
            return 1
        time.sleep(0.2)


try:
    sys.exit(main())
except redis.RedisError as error:
    print(f"{type(error).__name__}: {error}")
    sys.exit(1)
