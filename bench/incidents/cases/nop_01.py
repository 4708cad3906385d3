"""Nothing is wrong."""

from bench.incidents.incident import Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    del yard


async def symptom(yard: Yard) -> list[str]:
    """There is none to be seen; what can be seen is that customers are served."""
    return [] if (await yard.journey(3)).failures else ["nothing is wrong, as it should be"]


INCIDENT = Incident(
    id="NOP-01",
    family="adversarial",
    title="nothing is wrong",
    services=(),
    inject=inject,
    symptom=symptom,
    expected="healthy",
    goal="Look after the fleet: find out whether anything is wrong, and fix it if so.",
)
