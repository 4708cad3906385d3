"""How things look in a terminal."""

from rich.console import Console
from rich.markup import escape

from prunella.domain.run import Verdict

VERDICTS = {
    Verdict.ACHIEVED: ("green", "✔", "healed"),
    Verdict.NOTHING_TO_DO: ("green", "✔", "nothing to do"),
    Verdict.UNVERIFIED: ("yellow", "?", "unverified"),
    Verdict.ROLLED_BACK: ("yellow", "↩", "rolled back"),
    Verdict.ESCALATED: ("yellow", "▲", "escalated"),
    Verdict.FROZEN: ("red", "✖", "FROZEN"),
}


def show_difference(console: Console, difference: str, indent: str = "     ") -> None:
    """A unified difference, red and green; the file headers are left to the line above."""
    for line in difference.splitlines():
        if line.startswith(("---", "+++", "@@")):
            continue
        style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
        console.print(f"{indent}[{style}]{escape(line)}[/]", soft_wrap=True)


def seconds(value: float) -> str:
    """A duration as people say it."""
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
