"""Holds connections to PostgreSQL open: COUNT APP READY [STATEMENT…]; the address is in HOLDER_DSN."""

import os
import signal
import sys
from pathlib import Path
from typing import Any, cast

import psycopg


def main() -> None:
    count, app, ready, *statements = sys.argv[1:]
    held = [_open(app, statements) for _ in range(int(count))]
    Path(ready).touch()
    signal.pause()
    print(len(held))


def _open(app: str, statements: list[str]) -> Any:
    connection = psycopg.connect(os.environ["HOLDER_DSN"], application_name=app, autocommit=not statements)
    for statement in statements:
        connection.execute(cast("Any", statement))
    return connection


main()
