"""Draws docs/heal.svg from a real `prunella demo`, and prints the same as text: `python docs/cast.py`."""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

WIDTH = 108
PRUNELLA = Path(sysconfig.get_path("scripts")) / "prunella"
PICTURE = Path(__file__).with_name("heal.svg")
_FONTS = re.compile(r"\s*@font-face \{[^}]*\}")
_LOOKS = re.compile(r"\x1b\[\?25[hl]")


def main() -> None:
    """Replaces the picture; the demo's arguments may be given, such as `--fault two-faults`."""
    lines = list(told(sys.argv[1:]))
    console = Console(record=True, width=WIDTH, file=sys.stdout, color_system=None)
    for line in lines:
        console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    PICTURE.write_text(drawn(lines), encoding="utf-8")


def told(arguments: list[str]) -> Iterator[Text]:
    """What a real demo prints, with its colours; files are named from the demo's own folder."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder).resolve() / "demo"
        command = [str(PRUNELLA), "demo", *arguments, "--keep", str(kept)]
        look = {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "0", "TERM": "xterm-256color", "COLUMNS": str(WIDTH)}
        ended = subprocess.run(
            command, env=os.environ | look, capture_output=True, text=True, timeout=120, check=True
        )
        shown = _LOOKS.sub("", ended.stdout).replace(f"{kept}/", "")
        yield Text.from_ansi(f"$ prunella demo {' '.join(arguments)}".rstrip())
        yield from (Text.from_ansi(line) for line in shown.splitlines())


def drawn(lines: list[Text]) -> str:
    """The terminal as a picture that loads nothing from elsewhere."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 -- a device, not a path of ours
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        for line in lines:
            console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
        return _FONTS.sub("", console.export_svg(title="prunella demo", theme=MONOKAI, unique_id="heal"))


if __name__ == "__main__":
    main()
