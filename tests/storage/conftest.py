import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from prunella.storage.database import connect


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def connection(database: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(database)
    yield connection
    connection.close()


@pytest.fixture
def find_program() -> Callable[[str], str]:
    """The path of a program; the test is skipped where it is missing."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find
