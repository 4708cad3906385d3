"""The terminal, or the file that stands in for one: one place that knows how wide it is and who still reads it."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from prunella.cli.streams import point_nowhere

_PIPED_WIDTH = 200
_NARROW = 60


class Paper(Console):
    """A console that goes quiet when its reader leaves; Rich would end the process, in the middle of a repair."""

    def __init__(self, *, quiet: bool = False) -> None:
        super().__init__(highlight=False, emoji=False, soft_wrap=True, quiet=quiet)

    def on_broken_pipe(self) -> None:
        self.quiet = True
        point_nowhere(sys.stdout)


class Screen:
    """Rows of time, word and text, cut to the width, with a spinner below them while nothing is said."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.console = Paper(quiet=quiet)
        self._spinner = self.console.status("", spinner="dots")
        self._is_busy = False

    @property
    def width(self) -> int:
        return self.console.width if self.console.is_terminal else _PIPED_WIDTH

    @property
    def _indent(self) -> int:
        return 20 if self.width >= _NARROW else 2

    def say(self, markup: str = "") -> None:
        """One paragraph of Rich markup, as it is."""
        self.console.print(markup)

    def row(self, after: float, style: str, word: str, text: str, *, most: int = 1) -> None:
        """`text`, which is no markup, on at most so many lines."""
        first, *rest = self.fit(text, max(self._indent, len(word) + 1), most)
        time = f"[dim]{max(0.0, after):6.1f} s[/]  " if self.width >= _NARROW else ""
        self.say(f"{time}[{style}]{word:<9}[/] {escape(first)}" if time else f"[{style}]{word}[/] {escape(first)}")
        for line in rest:
            self.say(" " * self._indent + escape(line))

    def detail(self, text: str, *, style: str = "dim", most: int = 1) -> None:
        """More about the row above."""
        for line in self.fit(text, self._indent, most):
            self.say(f"{' ' * self._indent}[{style}]{escape(line)}[/]")

    def fit(self, text: str, indent: int = 0, most: int = 1) -> list[str]:
        """`text` as lines that fit beside an indent, at least one; an ellipsis stands for what is left out."""
        width, flat = max(10, self.width - indent), Text(" ".join(text.split()))
        if not self.console.is_terminal:
            width, most = width * most, 1
        if most > 1:
            lines = [line.plain.rstrip() for line in flat.wrap(self.console, width)]
            if len(lines) <= most:
                return lines or [""]
            flat = Text(" ".join(lines[most - 1 :]))
            return [*lines[: most - 1], _cut(flat, width)]
        return [_cut(flat, width)]

    def difference(self, text: str, indent: str = "     ") -> None:
        """A unified difference, red and green; the file headers are left to the line above."""
        for line in text.splitlines():
            if not line.startswith(("---", "+++", "@@", "\\ ")):
                style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
                self.say(f"{indent}[{style}]{escape(line)}[/]")

    def busy(self, with_what: str) -> None:
        """Show that we are at work; nothing where there is no terminal."""
        self._spinner.update(with_what)
        if not self._is_busy:
            self._is_busy = True
            self._spinner.start()

    def idle(self) -> None:
        """Take the spinner away; idempotent."""
        self._is_busy = False
        self._spinner.stop()

    @contextmanager
    def held(self) -> Generator[None]:
        """No spinner in the block: somebody types."""
        was_busy = self._is_busy
        self.idle()
        yield
        if was_busy:
            self._is_busy = True
            self._spinner.start()


def note(text: str) -> None:
    """One line aside, on stderr, so that it never mixes with what programs read."""
    print(text, file=sys.stderr)


def _cut(text: Text, width: int) -> str:
    text.truncate(width, overflow="ellipsis")
    return text.plain
