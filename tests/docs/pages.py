"""The documents, as data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. `mark` is the HTML comment on the line before it, "" for none."""

    language: str
    text: str
    mark: str


def pages() -> tuple[Path, ...]:
    """Every Markdown page that people are sent to."""
    folders = (ROOT / "docs", ROOT / "examples")
    return tuple(sorted([*ROOT.glob("*.md"), *(page for folder in folders for page in folder.rglob("*.md"))]))


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(text: str, language: str = "") -> Iterator[Block]:
    """The fenced blocks of a language, or all."""
    for found in _FENCE.finditer(text):
        before = text[: found.start()].rstrip("\n").rpartition("\n")[2]
        if language in {"", found[1]}:
            yield Block(found[1], found[2], before if before.startswith("<!--") else "")


def prose(text: str) -> str:
    """The page without its fenced blocks."""
    return _FENCE.sub("", text)


def spoken_code(text: str) -> Iterator[str]:
    """Every inline piece of code, and every line of the shell blocks and of the blocks of plain text."""
    yield from _INLINE.findall(prose(text))
    for block in blocks(text):
        if block.language in {"sh", "text"} and "cast" not in block.mark:
            yield from block.text.splitlines()


def links(text: str) -> list[str]:
    return _LINK.findall(prose(text))


def anchors(text: str) -> frozenset[str]:
    """What `#…` may point to, as GitHub makes it of headings."""
    titles = (re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in _HEADING.findall(prose(text)))
    return frozenset(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every table's rows, headings and rules included."""
    for found in _ROW.finditer(prose(text)):
        yield [cell.strip() for cell in found[1].split("|")]
