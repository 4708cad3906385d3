import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.tools.packs.sql_places import TABLES, Place, Server, SqlitePlace, postgres_server
from tests.world.yard import Yard, end_all_in


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    """A yard of its own; nothing of it runs on afterwards."""
    yield Yard(tmp_path.resolve())
    end_all_in(tmp_path.resolve())


@pytest.fixture(scope="session")
def server() -> Iterator[Server | None]:
    """None where there is no PostgreSQL on the PATH."""
    if shutil.which("initdb") is None or shutil.which("postgres") is None:
        yield None
        return
    with postgres_server() as running:
        yield running


@pytest.fixture
def postgres(server: Server | None) -> Place:
    """The server's database with the tables in it."""
    if server is None:
        pytest.skip("no PostgreSQL on this machine: initdb and postgres are not on the PATH")
    made = server.new()
    made.do(*TABLES)
    return made


@pytest.fixture
def sqlite(tmp_path: Path) -> Place:
    made = SqlitePlace(tmp_path / "shop.db")
    made.do(*TABLES)
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """Either database."""
    return cast("Place", request.getfixturevalue(str(request.param)))
