"""Servers on paper: what they say of themselves, who may be asked, and what is proposed then."""

from prunella.brains.reflex.brain import think
from prunella.domain.brief import Brief
from prunella.domain.facts import Facts, Reference, ServerFact
from prunella.domain.plan import Plan, Unsure
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.run import Attempt
from prunella.domain.service import ConnectSpec
from prunella.domain.supervisor import SupervisordSupervisor
from prunella.servers.codes import CODES
from tests.brains.reflex.paper import ROOT, Unit, facts_of

SUPERVISORD = "supervisor/supervisord.conf"


def said(code: str, service: str, **fields: object) -> ServerFact:
    """A fact with all the fields that the code's table knows, "" unless given."""
    known = CODES[code].fields if code in CODES else tuple(fields)
    return ServerFact(
        code=code, service=service, text=f"{service} says {code}",
        fields={name: str(fields.get(name, "")) for name in known},
    )  # fmt: skip


def fleet_of(units: dict[str, Unit], target: str, *told: ServerFact, references: tuple[Reference, ...] = ()) -> Facts:
    """Facts of units; those named `pg…` and `redis…` or `cache` can be asked, and have said `told`."""
    facts = facts_of(units, target, references)
    services = dict(facts.services)
    for name, each in services.items():
        own = tuple(fact for fact in told if fact.service == name)
        url = _URLS.get(name)
        connect = ConnectSpec(url=url) if url else None
        services[name] = each.model_copy(
            update={"server": own, "service": each.service.model_copy(update={"connect": connect})}
        )
    return facts.model_copy(update={"services": services})


_URLS = {"orders-db": "postgresql://admin@127.0.0.1:6432/shop", "broker": "redis://127.0.0.1:7000/0"}


def under_supervisord(facts: Facts, *names: str) -> Facts:
    """The same, where supervisord runs these services."""
    services = dict(facts.services)
    for name in names:
        spec = SupervisordSupervisor(program=name, config=ROOT / SUPERVISORD, cwd=ROOT)
        service = services[name].service.model_copy(update={"supervisor": spec})
        services[name] = services[name].model_copy(update={"service": service})
    return facts.model_copy(update={"services": services})


def red(*services: str, detail: str = "exit code 1") -> Report:
    readings = (Reading(probe=f"{name} journey", service=name, reach=Reach.WRONG, detail=detail) for name in services)
    return Report(readings=tuple(readings))


def proposed(facts: Facts, report: Report, *tried: Plan) -> Plan | None:
    """What is proposed after these plans did not help; None for nothing."""
    attempts = tuple(Attempt(plan=plan, came_of_it="no change") for plan in tried)
    proposal = think(facts, Brief(goal="heal", report=report, attempts=attempts))
    return None if isinstance(proposal, Unsure) else proposal


def all_proposed(facts: Facts, report: Report, most: int = 6) -> list[Plan]:
    """One after the other, as none of them helps."""
    found: list[Plan] = []
    while len(found) < most and (plan := proposed(facts, report, *found)) is not None:
        found.append(plan)
    return found


def calls(plan: Plan | None) -> list[tuple[str, dict[str, object]]]:
    return [(step.tool, dict(step.arguments)) for step in plan.steps] if plan else []
