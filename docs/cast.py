# ruff: noqa: INP001 -- a script, in no package
"""Takes docs/heal.svg, and the same as text in README.md, from a real `prunella demo`: `python docs/cast.py`."""

import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

WIDTH = 108
PRUNELLA = Path(sysconfig.get_path("scripts")) / "prunella"
PICTURE = Path(__file__).with_name("heal.svg")
README = Path(__file__).parents[1] / "README.md"
_BLOCK = re.compile(r"(<!-- cast[^\n]*-->\n```text\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_FONTS = re.compile(r"\s*@font-face \{[^}]*\}")
_CURSOR = re.compile(r"\x1b\[\?25[hl]")


def main() -> None:
    """Replaces both; the demo's arguments may be given, such as `--fault two-faults`."""
    console = recorded(told(sys.argv[1:]))
    text = console.export_text(clear=False)
    picture = console.export_svg(title="prunella demo", theme=MONOKAI, unique_id="heal")
    PICTURE.write_text(_FONTS.sub("", picture), encoding="utf-8")
    page = README.read_text(encoding="utf-8")
    lines = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    README.write_text(_BLOCK.sub(lambda found: found[1] + lines, page), encoding="utf-8")


def told(arguments: list[str]) -> list[Text]:
    """What a real demo prints, with its colours; files are named from the demo's own folder."""
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder).resolve() / "demo"
        command = [str(PRUNELLA), "demo", *arguments, "--keep", str(kept)]
        look = {"FORCE_COLOR": "1", "TTY_INTERACTIVE": "0", "TERM": "xterm-256color", "COLUMNS": str(WIDTH)}
        ended = subprocess.run(command, env=os.environ | look, capture_output=True, text=True, timeout=120, check=True)
    shown = _CURSOR.sub("", ended.stdout).replace(f"{kept}/", "")
    typed = " ".join(["$ prunella demo", *arguments])
    return [Text.from_ansi(line) for line in (typed, *shown.splitlines())]


def recorded(lines: Sequence[Text]) -> Console:
    """A terminal that shows them, each cut at its edge, and can be exported without loading anything from elsewhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        for line in lines:
            console.print(line, no_wrap=True, overflow="ellipsis", crop=True)
    return console


if __name__ == "__main__":
    main()
