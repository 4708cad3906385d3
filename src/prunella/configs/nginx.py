"""nginx files, as nginx and crossplane read them; what they include is not followed.

Names go from block to block: `http.server.0.location./pay.proxy_pass`. A block is called by its arguments, a `server`
by its number; of directives with the same name the second has a `1` behind it, and those that set something by name
(`proxy_set_header.Host`, `set.$x`) are called by that. Several arguments are one value, as they are written but for
quotes without a meaning; a directive without arguments has the value "". A block with nothing in it is a setting
without a value; a `location` and its like goes with its last setting.
"""

from dataclasses import dataclass

from prunella.configs.arguments import Word, exchanged, joined
from prunella.configs.editor import Editor
from prunella.configs.keys import Parts, join
from prunella.configs.nginx_directives import block_takes_arguments
from prunella.configs.nginx_tokens import arguments_of
from prunella.configs.nginx_tree import NAMED, NUMBERED, Directive, tree_of
from prunella.configs.page import Lines, Spot, cut_lines, insert_lines, splice
from prunella.errors import Rejected


@dataclass(frozen=True)
class NginxPage:
    text: str
    root: Directive
    spots: tuple[Spot, ...]

    def replaced(self, spot: Spot, value: str, kind: str | None) -> str:
        del kind
        directive = self._at(spot.parts)
        if directive.is_block:
            raise Rejected(f"{spot.key} is a block with nothing in it. Name a setting in it.")
        old = directive.arguments
        if old and old[0].kind == "code":
            return splice(self.text, old[0].start, old[0].end, value)
        return exchanged(self.text, directive.words[directive.about - 1].end, old, _words(spot.key, value))

    def added(self, parts: Parts, value: str, kind: str | None) -> str:
        del kind
        block = self._home(parts)
        rest = parts[len(block.path) :]
        if not rest:
            raise Rejected(f"{join(parts)} is a block. Name a setting in it.")
        headers, leaf = _planned(rest, block)
        _words(join(parts), value)
        return self._put(block, leaf[0] if not headers else "", headers, _line(leaf, value))

    def removed(self, spot: Spot) -> str:
        """With the blocks that it alone was in, where an empty one would go on to count."""
        directive = self._at(spot.parts)
        begin, end = self._extent(directive)
        while (parent := directive.parent) and parent.is_one_of_many and self._is_blank(parent, begin, end):
            directive = parent
            begin, end = self._extent(directive)
        is_whole = begin == Lines(self.text).begin(begin) and (end == len(self.text) or self.text[end - 1] == "\n")
        return cut_lines(self.text, begin, end) if is_whole else splice(self.text, begin, end, "")

    def _at(self, parts: Parts) -> Directive:
        return next(each for each in self.root.below() if each.path == parts)

    def _home(self, parts: Parts) -> Directive:
        """The innermost block whose name the setting's name begins with."""
        blocks = [each for each in self.root.below() if each.is_block and parts[: len(each.path)] == each.path]
        return max(blocks, key=lambda each: len(each.path), default=self.root)

    def _is_blank(self, block: Directive, begin: int, end: int) -> bool:
        """Whether nothing, not even a comment, is in the block besides `text[begin:end]`."""
        return not (self.text[block.opening : begin] + self.text[end : block.closing]).strip()

    def _extent(self, directive: Directive) -> tuple[int, int]:
        """Its lines where it has them for itself, with the comment behind it; else its own characters."""
        lines = Lines(self.text)
        begin, end = lines.begin(directive.start), lines.end(directive.end - 1)
        behind = self.text[directive.end : end].strip()
        before = self.text[begin : directive.start]
        if before.strip():
            return directive.start - (len(before) - len(before.rstrip())), directive.end
        if not behind or behind.startswith("#"):
            return begin, end
        gap = self.text[directive.end : end]
        return directive.start, directive.end + len(gap) - len(gap.lstrip())

    def _put(self, block: Directive, name: str, headers: list[str], leaf: str) -> str:
        """Behind the last directive of that name, else behind the last one that fits, in its style."""
        after = self._neighbour(block, name, is_block=bool(headers))
        at = after.end if after else block.opening or 0
        lines = Lines(self.text)
        end = lines.end(max(at - 1, 0)) if at else 0
        behind = self.text[at:end].strip()
        if behind and not behind.startswith("#"):
            whole = " ".join([*(f"{header} {{" for header in headers), leaf, *("}" for _ in headers)])
            return splice(self.text, at, at, f" {whole} " if self.text[at] == "}" else f" {whole}")
        if after is None and block is self.root:
            end = lines.begin(block.children[0].start) if block.children else len(self.text)
        return insert_lines(self.text, end, self._nested(headers, leaf, self._indent(block, after, lines), lines))

    def _neighbour(self, block: Directive, name: str, *, is_block: bool) -> Directive | None:
        alike = [each for each in block.children if each.name == name]
        fitting = alike or [each for each in block.children if is_block or not each.is_block]
        return fitting[-1] if fitting else None

    def _nested(self, headers: list[str], leaf: str, indent: str, lines: Lines) -> list[str]:
        step = self._step(lines)
        levels = [indent + step * depth for depth in range(len(headers) + 1)]
        opened = [f"{level}{header} {{" for level, header in zip(levels, headers, strict=False)]
        return [*opened, levels[-1] + leaf, *(f"{level}}}" for level in reversed(levels[:-1]))]

    def _indent(self, block: Directive, after: Directive | None, lines: Lines) -> str:
        for beside in (after, *block.children):
            if beside and (own := self._own_indent(beside, lines)) is not None:
                return own
        return "" if block is self.root else (self._own_indent(block, lines) or "") + self._step(lines)

    def _own_indent(self, directive: Directive, lines: Lines) -> str | None:
        """The blanks before it; None when it does not begin its line."""
        before = self.text[lines.begin(directive.start) : directive.start]
        return None if before.strip() else before

    def _step(self, lines: Lines) -> str:
        """By how much the file indents what is in a block."""
        for each in self.root.below():
            outer = self._own_indent(each.parent, lines) if each.parent and each.parent.parent else None
            inner = self._own_indent(each, lines)
            if inner and outer is not None and inner != outer and inner.startswith(outer):
                return inner.removeprefix(outer)
        return "    "


def read(text: str) -> NginxPage:
    root, lines = tree_of(text), Lines(text)
    spots = (_spot(each, lines) for each in root.below() if not each.is_block or _is_bare(each, text))
    return NginxPage(text, root, tuple(spots))


def _is_bare(block: Directive, text: str) -> bool:
    return block.is_one_of_many and not text[block.opening : block.closing].strip()


def _spot(directive: Directive, lines: Lines) -> Spot:
    number = lines.number(directive.start)
    if directive.is_block:
        return Spot(directive.path, None, "null", number, directive.closing, directive.closing)
    words = directive.arguments
    behind = directive.words[directive.about - 1].end
    start, end = (words[0].start, words[-1].end) if words else (behind, behind)
    return Spot(directive.path, joined(words), "str", number, start, end)


def _words(key: str, value: str) -> tuple[Word, ...]:
    words = arguments_of(value)
    if words is None:
        raise Rejected(f"{key} cannot hold {value!r}: write it as between the name and its `;`, quoted where it must.")
    return words


def _planned(rest: Parts, block: Directive) -> tuple[list[str], Parts]:
    """The headers of the blocks that are missing, outermost first, and the name that is left for the setting."""
    headers: list[str] = []
    inside = block.name
    while len(rest) > 1 and not _is_leaf(rest, inside):
        inside = rest[0]
        header, rest = _header(rest)
        headers.append(header)
    if not rest:
        raise Rejected(f"{inside} is a block. Name a setting in it.")
    return headers, rest


def _is_leaf(rest: Parts, inside: str) -> bool:
    if rest[-1].isdecimal() and (len(rest) == 2 or (len(rest) == 3 and rest[0] in NAMED)):
        return rest[0] != NUMBERED or inside == "upstream"
    return len(rest) == 2 and rest[0] in NAMED


def _header(rest: Parts) -> tuple[str, Parts]:
    name = rest[0]
    if name == NUMBERED and rest[1].isdecimal():
        return name, rest[2:]
    takes = block_takes_arguments(name)
    if takes is None:
        raise Rejected(f"There is no block {name} here, and no such block is known. Add it as text.")
    if not takes:
        return name, rest[1:]
    _words(name, rest[1])
    return f"{name} {rest[1]}", rest[2:]


def _line(leaf: Parts, value: str) -> str:
    """Its number is not written: whether the line gets it is for the editor to prove."""
    words = leaf[: 2 if leaf[0] in NAMED else 1]
    return " ".join(word for word in (*words, value) if word) + ";"


NginxEditor = Editor(read)
