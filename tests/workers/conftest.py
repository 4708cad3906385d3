from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.workers.desk import Desk, opened
from tests.world.yard import Yard, end_all_in


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    """A yard of its own; nothing of it runs on afterwards."""
    yield Yard(tmp_path.resolve())
    end_all_in(tmp_path.resolve())


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """A run on a shelf, on databases of its own."""
    async with opened(tmp_path) as each:
        yield each
