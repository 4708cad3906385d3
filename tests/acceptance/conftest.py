"""A harbour for each test; its processes end with it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.harbour import Harbour

Build = Callable[..., Harbour]


@pytest.fixture
def build(tmp_path: Path) -> Iterator[Build]:
    """Makes harbours of the named services; nothing of them runs yet."""
    built: list[Harbour] = []

    def make(*services: str) -> Harbour:
        place = tmp_path / f"harbour{len(built) or ''}"
        built.append(Harbour(place, tmp_path / "home", services))
        return built[-1]

    yield make
    for each in built:
        each.close()
