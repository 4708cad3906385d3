from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rehearsal.stage import ENCLOSED, Stage
from tests.world.yard import Yard, end_all_in


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    yield Stage(Yard(tmp_path.resolve()))
    end_all_in(tmp_path.resolve())


@pytest.fixture
async def enclosed() -> None:
    """For tests of what only walls make possible."""
    if not await ENCLOSED.is_there():
        pytest.skip("bubblewrap shuts nothing in here")
