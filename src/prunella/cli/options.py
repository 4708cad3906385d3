"""Options and arguments that several verbs have."""

from pathlib import Path
from typing import Annotated

import typer

from prunella.cli import completion

FleetOption = Annotated[
    Path | None,
    typer.Option("--fleet", "-f", metavar="FILE", help="The fleet file; default: prunella.toml here or above."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]
RunArgument = Annotated[
    str,
    typer.Argument(metavar="RUN", help="A run's id, the beginning of one, or `last`.", autocompletion=completion.runs),
]
