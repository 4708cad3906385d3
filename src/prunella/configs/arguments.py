"""The arguments of a directive, word by word, and how they give way to others without moving what stays."""

from collections.abc import Sequence
from dataclasses import dataclass

from prunella.configs.page import splice
from prunella.errors import Rejected

_MEANING = frozenset("\"'\\#;{}")


@dataclass(frozen=True)
class Word:
    """`text[start:end]`. `plain` is the same without quotes where none are needed, else as it is written.

    `kind` is `word`, `quoted` (quotes would change what it means, or are there already), `mark` (`{`, `}` or `;`) or
    `code` (what stands in a block of another language).
    """

    plain: str
    start: int
    end: int
    kind: str = "word"


def joined(words: Sequence[Word]) -> str:
    return " ".join(word.plain for word in words)


def exchanged(text: str, behind: int, old: Sequence[Word], new: Sequence[Word]) -> str:
    """`old`, which follows the character `behind`, reads as `new`; words that stay keep their quotes and blanks.

    Raises Rejected when a comment stands between words that go.
    """
    if len(old) == len(new):
        for before, after in reversed(tuple(zip(old, new, strict=True))):
            if before.plain != after.plain:
                text = splice(text, before.start, before.end, _like(before, text[before.start], after))
        return text
    head = _same(old, new)
    tail = _same(old[head:][::-1], new[head:][::-1])
    gone, come = old[head : len(old) - tail], joined(new[head : len(new) - tail])
    left = old[head - 1].end if head else behind
    if gone and come:
        return splice(text, gone[0].start, _end(text, gone[0].end, gone), come)
    return splice(text, left, _end(text, left, gone), f" {come}" if come else "")


def _end(text: str, at: int, words: Sequence[Word]) -> int:
    """Of the last of `words`; what lies between `at` and there holds no comment."""
    for word in words:
        if word.start > at and "#" in text[at : word.start]:
            raise Rejected("A comment stands between the arguments that would go. Edit the file as text.")
        at = word.end
    return at


def _like(old: Word, first: str, new: Word) -> str:
    """In the quotes of the old word, where those were without a meaning and are so again."""
    is_choice = first in "\"'" and old.plain[0] != first and new.kind == "word"
    return f"{first}{new.plain}{first}" if is_choice and not set(new.plain) & _MEANING else new.plain


def _same(one: Sequence[Word], other: Sequence[Word]) -> int:
    """How many words are equal at the beginning."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a.plain != b.plain), min(len(one), len(other)))
