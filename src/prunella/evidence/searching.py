"""Search in a large text: a scan for the words of the query, then the found lines sorted by what they say."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from prunella.evidence.blocks import Block
from prunella.evidence.ranking import Ranked
from prunella.retrieval.lexical import is_code
from prunella.retrieval.model import MiniLm
from prunella.retrieval.searcher import Searcher

_HEX = b"0123456789abcdefABCDEF"
_WORD = re.compile(r"\w{2,}")
_STOPWORDS = re.compile(
    r"an?|and|any|are|as|at|be|by|can|did|do|does|find|for|from|has|have|how|in|is|it|its|lines?|log|of|on|or|says?|"
    r"show|tell|that|the|there|this|to|was|were|what|when|where|which|who|why|with"
)
_MOST_WORDS = 12
_MOST_PER_BLOCK = 200
_MOST_KINDS = 2_000
_MOST_WEIGHED = 64
_LONGEST_LINE = 600


@dataclass(slots=True)
class _Found:
    line: int
    text: str
    words: frozenset[bytes]


@dataclass(slots=True)
class _Scan:
    """Lines by what is left of them without hex digits: of a thousand that are alike the first is enough."""

    kinds: dict[bytes, _Found] = field(default_factory=dict[bytes, _Found])
    counts: Counter[bytes] = field(default_factory=Counter[bytes])

    def weight(self, found: _Found) -> float:
        return sum(1 / (1 + math.log1p(self.counts[word])) for word in found.words)


def find_lines(
    blocks: Iterable[Block], query: str, most: int, model: MiniLm | None = None, notable: Iterable[Ranked] = ()
) -> tuple[tuple[int, float], ...]:
    """Line numbers with their scores, best first; a few seconds a gigabyte, in bounded memory.

    Found are lines with words of the query; with a model, also those among `notable` that are near in meaning.
    """
    texts = {found.line: found.text for found in _by_words(blocks, query)}
    if model and not (texts and is_code(query)):
        texts.update({each.template.first: each.template.text for each in islice(notable, _MOST_WEIGHED)})
    with Searcher(model) as searcher:
        for line, text in texts.items():
            searcher.add(str(line), text)
        return tuple((int(hit.key), hit.score) for hit in searcher.search(query, most))


def _by_words(blocks: Iterable[Block], query: str) -> Sequence[_Found]:
    words, scan = tuple(_stems(query)), _Scan()
    for block in blocks:
        _search(scan, block, words)
    return sorted(scan.kinds.values(), key=lambda found: (-scan.weight(found), found.line))[:_MOST_WEIGHED]


def _stems(query: str) -> Iterator[bytes]:
    """The words of the query as bytes, without the endings that FTS5 would not mind either."""
    words = dict.fromkeys(word for word in _WORD.findall(query.lower()) if not _STOPWORDS.fullmatch(word))
    for word in islice(words, _MOST_WORDS):
        stem = re.sub(r"(?<=\w{4})(?:ing|ed|es|s|e)$", "", word) if word.isalpha() else word
        yield stem.encode("utf-8", "replace")


def _search(scan: _Scan, block: Block, words: Sequence[bytes]) -> None:
    lower = block.data.lower()
    starts: set[int] = set()
    for word in words:
        scan.counts[word] += lower.count(word)
        starts.update(islice(_line_starts(lower, word), _MOST_PER_BLOCK))
    line, counted = block.first, 0
    for start in sorted(starts):
        line, counted = line + lower.count(b"\n", counted, start), start
        _keep(scan, block.data, start, line, words)


def _line_starts(data: bytes, word: bytes) -> Iterator[int]:
    """Where the lines begin that have the word; each once."""
    at = data.find(word)
    while at >= 0:
        yield data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        at = data.find(word, end) if end >= 0 else -1


def _keep(scan: _Scan, data: bytes, start: int, line: int, words: Sequence[bytes]) -> None:
    end = data.find(b"\n", start)
    content = _around(data[start : end if end >= 0 else len(data)], words)
    kind = content.translate(None, _HEX)
    if kind not in scan.kinds:
        has = frozenset(word for word in words if word in content.lower())
        scan.kinds[kind] = _Found(line, content.decode("utf-8", "replace"), has)
    if len(scan.kinds) > 2 * _MOST_KINDS:
        kept = sorted(scan.kinds, key=lambda key: -scan.weight(scan.kinds[key]))[:_MOST_KINDS]
        scan.kinds = {key: scan.kinds[key] for key in kept}


def _around(content: bytes, words: Sequence[bytes]) -> bytes:
    """A very long line from shortly before the first of the words."""
    if len(content) <= _LONGEST_LINE:
        return content
    lower = content.lower()
    start = max(0, min(lower.find(word) for word in words if word in lower) - _LONGEST_LINE // 3)
    return content[start : start + _LONGEST_LINE]
