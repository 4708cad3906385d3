"""Which lines of a log are likely to decide: rare, sounding like a cause, and near to what is asked."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prunella.evidence.templates import Digest, Template
from prunella.evidence.wording import alarm, is_concrete, is_frame, is_raised, severity

_TOKEN = re.compile(r"[\w./:@'%<>=-]+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_COMMON_SHARE = 0.25
_RAREST_WORDS = 4
_ALIKE = 0.6


@dataclass(frozen=True)
class Ranked:
    """A template and how likely it is to decide."""

    template: Template
    message: str
    score: float


def rank(digest: Digest, query: str) -> tuple[Ranked, ...]:
    """All templates, likeliest first. Words alone: vectors were measured to find no more here, and cost a second."""
    asked = frozenset(word.lower() for word in _WORD.findall(query))
    return tuple(sorted((_ranked(each, digest, asked) for each in digest.templates.values()), key=_order))


def distinct(ranked: Iterable[Ranked]) -> Iterator[Ranked]:
    """Without those that say nearly the same as a better one."""
    shown: list[frozenset[str]] = []
    for each in ranked:
        words = frozenset(_WORD.findall(each.message.lower()))
        if not any(_likeness(words, other) > _ALIKE for other in shown):
            shown.append(words)
            yield each


def _ranked(template: Template, digest: Digest, asked: frozenset[str]) -> Ranked:
    message = telling(template.text, digest)
    rarity = 1 - math.log(template.count) / math.log(max(digest.lines, 2))
    score = (
        1.5 * rarity
        + 1.5 * _novelty(template, digest)
        + 1.0 * alarm(message)
        + 0.6 * severity(template.text)
        + 0.4 * is_concrete(message)
        + 0.8 * is_raised(template.text)
        - 3.0 * is_frame(template.text)
        + 0.2 * _share(asked, template)
        + 0.1 * template.last / max(digest.lines, 1)
    )
    return Ranked(template, message, score)


def telling(text: str, digest: Digest) -> str:
    """What a line says beyond what every fourth says too: without time stamps, level names, field names."""
    return " ".join(token for token in _TOKEN.findall(text) if _says_something(token, digest))


def _says_something(token: str, digest: Digest) -> bool:
    words = _WORD.findall(token.lower())
    return any(digest.words[word] <= max(3, _COMMON_SHARE * digest.lines) for word in words)


def _novelty(template: Template, digest: Digest) -> float:
    """From 0 to 1: how rare its rarest words are in this text."""
    of = math.log(max(digest.lines, 2))
    rare = sorted((1 - math.log(max(digest.words[word], 1)) / of for word in set(template.words)), reverse=True)
    return sum(rare[:_RAREST_WORDS]) / _RAREST_WORDS


def _share(asked: frozenset[str], template: Template) -> float:
    return len(asked & set(template.words)) / max(len(asked), 1)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _order(ranked: Ranked) -> tuple[float, int]:
    return (-ranked.score, ranked.template.first)
