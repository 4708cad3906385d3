"""The tokens of an nginx file and where they stand: cut as nginx cuts them, and checked against crossplane."""

import os
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import cast

from prunella.configs.arguments import Word
from prunella.configs.nginx_directives import lua_blocks
from prunella.configs.page import Lines
from prunella.errors import Unparsable

_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*(?:\n|\Z))*")
_WORD = re.compile(r"(?:\\.|\$\{[^}\s]*\}|[^ \t\r\n;{}\\])+", re.DOTALL)
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'", re.DOTALL)
_PLAIN = re.compile(r"(?:\$\{\w+\}|[^\s;{}#\"'\\])+")
_ODD_SPACE = re.compile(r"[^\S \t\r\n]")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_LUA = re.compile(r"--(?:\\.|[^\n\\])*|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\\.|[{}\"']", re.DOTALL)


def tokens_of(text: str) -> tuple[Word, ...]:
    """All but comments. Raises Unparsable where nginx could not go on."""
    return tuple(_Lexer(text).tokens())


def agree(text: str, found: tuple[Word, ...]) -> None:
    """Raise Unparsable where crossplane reads something else. It takes the blank behind `${name}` for a part of it:
    variables are given to it in other brackets.
    """
    ours = ((_meant(text, token), token) for token in found)
    theirs = _read_by_crossplane(_VARIABLE.sub(r"$(\1)", text))
    for own, other in zip_longest(ours, theirs):
        if own is None or other is None or own[0] != other:
            at = own[1].start if own else max(len(text) - 1, 0)
            number = Lines(text).number(at)
            raise Unparsable(f"Line {number} can be read in more than one way. Edit the file as text.", number)


def arguments_of(value: str) -> tuple[Word, ...] | None:
    """The words of `value` alone; None when it holds anything else, or cannot stand between a name and its `;`."""
    try:
        words = tuple(_Lexer(value).tokens())
    except Unparsable:
        return None
    is_all = " ".join(value[word.start : word.end] for word in words) == value
    return words if is_all and all(word.kind in ("word", "quoted") for word in words) else None


class _Lexer:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines = Lines(text)

    def tokens(self) -> Iterator[Word]:
        is_name = True
        while self._skip() < len(self.text):
            token = self._mark() or self._quoted() or self._word()
            yield token
            if is_name and token.plain.endswith("_by_lua_block") and token.plain in lua_blocks():
                yield from self._code(has_argument=token.plain == "set_by_lua_block")
            else:
                is_name = token.kind == "mark"

    def _skip(self) -> int:
        match = _GAP.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _mark(self) -> Word | None:
        return self._taken(self.text[self.at], 1, "mark") if self.text[self.at] in ";{}" else None

    def _taken(self, plain: str, length: int, kind: str) -> Word:
        start, self.at = self.at, self.at + length
        return Word(plain, start, self.at, kind)

    def _quoted(self) -> Word | None:
        if self.text[self.at] not in "\"'":
            return None
        match = _QUOTED.match(self.text, self.at)
        if match is None:
            raise self._fault(self.at, f"the {self.text[self.at]} that begins here is not closed")
        behind = self.text[match.end() : match.end() + 1]
        if behind and behind not in " \t\r\n;{)":
            raise self._fault(match.end(), f"unexpected {behind} behind the closing quote")
        inner = match[0][1:-1]
        return self._taken(inner if _PLAIN.fullmatch(inner) else match[0], len(match[0]), "quoted")

    def _word(self) -> Word:
        match = _WORD.match(self.text, self.at)
        if match is None:
            raise self._fault(self.at, "the backslash has nothing behind it")
        odd = _ODD_SPACE.search(match[0])
        if odd:
            raise self._fault(match.start(), f"U+{ord(odd[0]):04X} looks like a blank, and is none for nginx")
        if match[0].endswith("$") and self.text.startswith("{", match.end()):
            raise self._fault(match.start(), "the ${ has no closing }")
        return self._taken(match[0], len(match[0]), "word")

    def _code(self, *, has_argument: bool) -> Iterator[Word]:
        """What lies in the braces, as one token with the `;` that is not written there."""
        self._skip_blanks()
        if has_argument and self.at < len(self.text) and self.text[self.at] != "{":
            yield self._word()
            self._skip_blanks()
        opening = self.at
        if not self.text.startswith("{", opening):
            raise self._fault(min(opening, len(self.text) - 1), "expected a { before the code")
        closing = self._closing(opening + 1)
        yield Word(self.text[opening + 1 : closing], opening + 1, closing, "code")
        self.at = closing + 1
        yield Word(";", closing, closing + 1, "mark")

    def _skip_blanks(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _closing(self, at: int) -> int:
        depth = 1
        for match in _LUA.finditer(self.text, at):
            if match[0] in ("'", '"'):
                raise self._fault(match.start(), f"the {match[0]} that begins here is not closed")
            depth += {"{": 1, "}": -1}.get(match[0], 0)
            if depth == 0:
                return match.start()
        raise self._fault(at - 1, "the { that begins here is not closed")

    def _fault(self, at: int, what: str) -> Unparsable:
        number = self.lines.number(at)
        return Unparsable(f"Line {number}: {what}.", number)


def _meant(text: str, token: Word) -> tuple[str, bool]:
    """As crossplane gives it: without quotes and their escapes, and line ends as newlines."""
    if token.kind == "mark":
        return token.plain, False
    raw = text[token.start : token.end]
    if token.kind == "quoted":
        raw = re.sub(rf"\\{raw[0]}|(\\.)", lambda m: m[1] or m[0][1], raw[1:-1], flags=re.DOTALL)
    raw = _VARIABLE.sub(r"$(\1)", raw).replace("\r\n", "\n").replace("\r", "\n")
    return raw, token.kind != "word"


def _read_by_crossplane(text: str) -> Iterator[tuple[str, bool]]:
    """In memory: crossplane reads files only, so it is given one that lies on no disk."""
    import crossplane
    from crossplane.errors import NgxParserBaseException

    descriptor = os.memfd_create("nginx", os.MFD_CLOEXEC)
    os.write(descriptor, text.encode("utf-8", errors="replace"))
    os.lseek(descriptor, 0, os.SEEK_SET)
    try:
        tokens = cast("Iterator[tuple[str, int, bool]]", crossplane.lex(descriptor))
        for token, _, is_quoted in tokens:
            if is_quoted or not token.startswith("#"):
                yield token, is_quoted
    except NgxParserBaseException as error:
        number = cast("int | None", error.lineno)
        raise Unparsable(f"Line {number}: {error.strerror}.", number) from error
