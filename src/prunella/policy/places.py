"""Where a rule stands, as rulings tell it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Places:
    """The fleet file at `path`, and the line of each rule that stands in it, by the rule as people write it."""

    path: Path
    lines: Mapping[str, int]

    def has(self, rule: str) -> bool:
        return rule in self.lines

    def place(self, rule: str) -> str:
        """`/srv/shop/prunella.toml:14`; without the line where it is not known."""
        return f"{self.path}:{self.lines[rule]}" if rule in self.lines else str(self.path)
