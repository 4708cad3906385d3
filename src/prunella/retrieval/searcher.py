"""One face for both searches: by meaning where the model is there, by words where it is not or where ids are asked."""

from types import TracebackType
from typing import Self

from prunella.retrieval.hit import Hit
from prunella.retrieval.lexical import LexicalIndex, is_code
from prunella.retrieval.model import MiniLm
from prunella.retrieval.vectors import VectorIndex


class Searcher:
    """Texts by key, in memory. One thread at a time. Without a model, all is found by words."""

    def __init__(self, model: MiniLm | None = None) -> None:
        self._model = model
        self._words, self._vectors = LexicalIndex(), VectorIndex()

    @property
    def is_semantic(self) -> bool:
        """Whether texts are found that share no word with the query."""
        return self._model is not None

    def add(self, key: str, text: str, vector: bytes | None = None) -> None:
        """Replaces the one that had this key. `vector` spares the model a text that it has embedded before."""
        self._words.add(key, text)
        if self._model:
            self._vectors.add(key, vector or self._model.embed([text])[0])

    def remove(self, key: str) -> None:
        """Nothing happens when it is not there."""
        self._words.remove(key)
        self._vectors.remove(key)

    def search(self, query: str, most: int = 5) -> tuple[Hit, ...]:
        """Best first. Vectors alone: fusing both finds less. Ids and error codes are looked up by their letters."""
        if self._model is None:
            return self._words.search(query, most)
        found = self._words.search(query, most) if is_code(query) else ()
        return found or self._vectors.search(self._model.embed([query])[0], most)

    def close(self) -> None:
        """Gives the memory back; idempotent."""
        self._words.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
