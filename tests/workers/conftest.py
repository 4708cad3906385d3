from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.yard import Yard, end_all_in


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    """A yard of its own; nothing of it runs on afterwards."""
    yield Yard(tmp_path.resolve())
    end_all_in(tmp_path.resolve())
