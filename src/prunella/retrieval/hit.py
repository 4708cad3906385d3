"""What a search brings."""

from typing import NamedTuple


class Hit(NamedTuple):
    """One found text. `score` is higher for a better match, and comparable within one search only."""

    key: str
    score: float
