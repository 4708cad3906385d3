"""Search by words, with SQLite's FTS5: always there, and right for ids and error codes."""

import re
import sqlite3

from prunella.errors import Misuse
from prunella.retrieval.hit import Hit

_WORD = re.compile(r"\w+")
_TOKEN = re.compile(r"[\w-]*\w")
_CODE = re.compile(r"(?=[\w-]*\d)[\w-]*[^\W\d_][\w-]*|[\w-]*_[\w-]+|[A-Z]{4,}|\d{3,}")
_TABLE = "CREATE VIRTUAL TABLE texts USING fts5(key UNINDEXED, text, tokenize = 'porter unicode61')"
_SEARCH = "SELECT key, -bm25(texts) FROM texts WHERE texts MATCH ? ORDER BY bm25(texts), rowid LIMIT ?"
_MOST_WORDS = 64


class LexicalIndex:
    """Texts by key, in memory. Words are stemmed and case does not count. One thread at a time, whichever it is."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        try:
            self._database.execute(_TABLE)
        except sqlite3.OperationalError as error:
            self._database.close()
            raise Misuse(f"This Python's SQLite has no FTS5 ({error}). Use a build that has it.") from error

    def add(self, key: str, text: str) -> None:
        """Replaces the one that had this key."""
        self.remove(key)
        self._database.execute("INSERT INTO texts VALUES (?, ?)", (key, text.encode("utf-8", "replace").decode()))

    def remove(self, key: str) -> None:
        """Nothing happens when it is not there."""
        self._database.execute("DELETE FROM texts WHERE key = ?", (key,))

    def search(self, query: str, most: int = 5) -> tuple[Hit, ...]:
        """Texts that have any of the words, by BM25, best first; none for a query without words."""
        words = list(dict.fromkeys(_WORD.findall(query)))[:_MOST_WORDS]
        if not words or most < 1:
            return ()
        asked = " OR ".join(f'"{word}"' for word in words)
        return tuple(Hit(key, score) for key, score in self._database.execute(_SEARCH, (asked, most)))

    def close(self) -> None:
        """Gives the memory back; idempotent."""
        self._database.close()


def is_code(query: str) -> bool:
    """Whether it asks for ids or error codes (`42P01`, `ECONNREFUSED`, `max_connections`), not for a meaning."""
    words = _TOKEN.findall(query)
    return bool(words) and all(_CODE.fullmatch(word) for word in words)
