"""The latest release never lets go of what it took."""

from bench.incidents.cases.means import approving
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    _point(yard, "releases/1.4.2")
    await yard.restart("payments")
    await yard.journey(80, at_once=4)


async def reference(yard: Yard) -> None:
    _point(yard, "releases/1.4.1")
    await yard.restart("payments")


def _point(yard: Yard, release: str) -> None:
    link = yard.path("payments/current")
    link.unlink()
    link.symlink_to(release)


async def symptom(yard: Yard) -> list[str]:
    """Memory runs out after some payments."""
    return (await yard.journey(150, at_once=4)).failures[:3]


async def oracle(yard: Yard) -> list[str]:
    return [] if "1.4.1" in str(yard.path("payments/current").readlink()) else ["the release that leaks is still there"]


INCIDENT = Incident(
    id="APP-13",
    family="payments",
    title="the new release of payments eats its memory",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("payments/current",), ("1.4.2",)),
    allowed=Change(files=("payments/current",)),
    symptom=symptom,
    oracle=oracle,
    load=True,
    approves=approving(r"payments/current.*1\.4\.[01]", r"restore.*payments/current"),
)
