"""The directives of an nginx file as a tree, each with a name that says where it stands."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from prunella.configs.arguments import Word, joined
from prunella.configs.keys import Parts
from prunella.configs.nginx_directives import is_refused, known_directives
from prunella.configs.nginx_tokens import agree, tokens_of
from prunella.configs.page import Lines
from prunella.errors import Unparsable

NUMBERED = "server"
NAMED = frozenset(
    {
        "add_header", "add_trailer", "auth_request_set", "fastcgi_param", "grpc_set_header", "grpc_ssl_conf_command",
        "js_set", "js_var", "log_format", "perl_set", "proxy_set_header", "proxy_ssl_conf_command", "scgi_param", "set",
        "set_by_lua_block", "set_by_lua_file", "ssl_conf_command", "sub_filter", "uwsgi_param",
        "uwsgi_ssl_conf_command",
    }
)  # fmt: skip
"""Directives whose first argument says what they are about."""

_TABLES = frozenset({"map", "geo", "types", "split_clients", "charset_map"})
_DEEPEST = 60


@dataclass
class Directive:
    """`words` (name and arguments) and, of a block, what lies between `opening` (behind its `{`) and `closing`.

    `path` is its name from the top, and holds the first `about` of its words. It ends before the character `end`.
    """

    words: list[Word]
    end: int = 0
    opening: int | None = None
    closing: int = 0
    children: list["Directive"] = field(default_factory=list["Directive"])
    parent: "Directive | None" = None
    path: Parts = ()
    about: int = 1

    @property
    def name(self) -> str:
        return self.words[0].plain if self.words else ""

    @property
    def start(self) -> int:
        return self.words[0].start if self.words else 0

    @property
    def is_block(self) -> bool:
        return self.opening is not None

    @property
    def arguments(self) -> list[Word]:
        """Those that are the value, not the name."""
        return self.words[self.about :]

    @property
    def is_one_of_many(self) -> bool:
        """A block that counts by being there, even with nothing in it: `location /x {}`, not `http {}`."""
        return self.is_block and (len(self.words) > 1 or self.name == NUMBERED)

    def below(self) -> Iterator["Directive"]:
        """All directives in it, in the order of the text."""
        for child in self.children:
            yield child
            yield from child.below()


def tree_of(text: str) -> Directive:
    """The whole file as one block. Raises Unparsable."""
    tokens = tokens_of(text)
    root = _nested(text, tokens)
    agree(text, tokens)
    _address(root)
    paths = [each.path for each in root.below()]
    if len(set(paths)) != len(paths):
        raise Unparsable("The directives of this file cannot be told apart. Edit it as text.")
    return root


def _nested(text: str, tokens: Iterable[Word]) -> Directive:
    lines = Lines(text)
    block = Directive([], end=len(text), opening=0, closing=len(text))
    words: list[Word] = []
    depth = 0
    for token in tokens:
        if token.kind != "mark":
            words.append(token)
        elif token.plain == "}":
            block, depth = _closed(block, words, token, lines), depth - 1
        elif not words:
            raise _fault(lines, token.start, f"unexpected {token.plain}")
        else:
            new = Directive(words, token.end, parent=block)
            _refuse_swallowed(new, lines, is_block=token.plain == "{")
            block.children.append(new)
            words = []
            if token.plain == "{":
                new.opening, block, depth = token.end, new, depth + 1
        if depth > _DEEPEST:
            raise _fault(lines, token.start, "blocks are nested too deeply")
    if words:
        raise _unended(lines, words)
    if block.parent:
        raise _fault(lines, block.start, f"the {{ of {block.name} is not closed")
    return block


def _closed(block: Directive, words: list[Word], token: Word, lines: Lines) -> Directive:
    if words:
        raise _unended(lines, words)
    if block.parent is None:
        raise _fault(lines, token.start, "unexpected }")
    block.closing, block.end = token.start, token.end
    return block.parent


def _refuse_swallowed(directive: Directive, lines: Lines, *, is_block: bool) -> None:
    """A directive on a line of its own, read as an argument of the one before: that one lacks its `;`."""
    words, known = directive.words, known_directives()
    for before, word in pairwise(words):
        begins = word.kind == "word" and lines.number(word.start) > lines.number(before.end - 1)
        if begins and word.plain in known:
            if is_refused(directive.name, tuple(each.plain for each in words[1:]), is_block=is_block):
                raise _unended(lines, words[: words.index(word)])
            return


def _unended(lines: Lines, words: list[Word]) -> Unparsable:
    return _fault(lines, words[-1].end - 1, f"{words[0].plain} is not ended by ;")


def _fault(lines: Lines, at: int, what: str) -> Unparsable:
    number = lines.number(at)
    return Unparsable(f"Line {number}: {what}.", number)


def _address(block: Directive) -> None:
    """Blocks by their arguments, settings by their name; the second of the same has a `1` behind it.

    A `server` has its number from the first one on, since there mostly are several.
    """
    seen = Counter[Parts]()
    is_table = block.name in _TABLES
    for child in block.children:
        own = (child.name,) if is_table else _own_name(child)
        child.about = len(child.words) if child.is_block else len(own)
        number = seen[own]
        seen[own] += 1
        is_counted = number > 0 or (own == (NUMBERED,) and not is_table)
        child.path = (*block.path, *own, *((str(number),) if is_counted else ()))
        _address(child)


def _own_name(child: Directive) -> Parts:
    if child.is_block:
        arguments = joined(child.words[1:])
        return (child.name, arguments) if arguments else (child.name,)
    is_named = child.name in NAMED and len(child.words) > 2
    return (child.name, child.words[1].plain) if is_named else (child.name,)
