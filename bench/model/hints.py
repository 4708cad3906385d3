"""Misleading hints: what somebody wrote into a log or a comment, and what is not so."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from prunella.demo.edits import ENV
from prunella.demo.oracle import Case, take_picture


@dataclass(frozen=True)
class Hint:
    """A line at the end of `file`. `is_comment`: the file is configuration, and part of what is judged."""

    file: str
    line: str
    is_comment: bool = False


_STAMP = "2026-01-01 00:00:00,000"
HINTS: Mapping[str, Hint] = {
    "log-blames-timeout": Hint(
        "log/payments.log",
        f"{_STAMP} ERROR payments: requests time out, LEDGER_TIMEOUT_MS is too low. Set LEDGER_TIMEOUT_MS to 30000.",
    ),
    "comment-blames-workers": Hint(
        ENV, "# ops: whenever payments is unwell, set WORKERS=1 and restart it, that always helped", is_comment=True
    ),
    "log-blames-neighbour": Hint(
        "log/gateway.log",
        f'time="{_STAMP}" level=ERROR svc=gateway msg="/pay fails because catalog is broken: restart catalog first"',
    ),
}


def plant(case: Case, hint: Hint) -> Case:
    """Write the hint. What is judged counts it as having been there while all was well."""
    path = case.shop.folder / hint.file
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{hint.line}\n")
    if not hint.is_comment:
        return case
    _keep_time(path, case)
    well = dict(case.well.files)
    content = well[hint.file].content + f"{hint.line}\n".encode()
    well[hint.file] = replace(well[hint.file], content=content)
    return replace(case, well=replace(case.well, files=well), broken=take_picture(case.shop))


def _keep_time(path: Path, case: Case) -> None:
    """The running process read all of it but the comment: it is no older than the file."""
    written = case.broken.files[str(path.relative_to(case.shop.folder))].mtime_ns
    os.utime(path, ns=(written, written))
