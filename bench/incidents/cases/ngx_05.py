"""The folder above the pages can no longer be entered by those who serve them."""

import os
import stat

from bench.incidents.cases.means import approving, static_red
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard

FOLDER = "edge/www"


async def inject(yard: Yard) -> None:
    """Root's own mask does it; without root, nobody can enter at all."""
    yard.path(FOLDER).chmod(0o700 if os.getuid() == 0 else 0o000)


async def reference(yard: Yard) -> None:
    yard.path(FOLDER).chmod(_mode(yard))


async def oracle(yard: Yard) -> list[str]:
    mode = stat.S_IMODE(yard.path(FOLDER).stat().st_mode)
    return [] if mode == _mode(yard) else [f"{FOLDER} has mode {mode:04o}, not {_mode(yard):04o}"]


def _mode(yard: Yard) -> int:
    laid = yard.outside / "pristine" / FOLDER
    return stat.S_IMODE(laid.stat().st_mode) if laid.exists() else 0o755


INCIDENT = Incident(
    id="NGX-05",
    family="nginx",
    title="the pages may not be read by the workers of the edge",
    services=("edge",),
    inject=inject,
    reference=reference,
    cause=(("edge/www", "mode"), ("edge/www", "permission")),
    allowed=Change(modes=(FOLDER,)),
    symptom=static_red,
    oracle=oracle,
    approves=approving(r"mode.*edge/www"),
)
