"""A slip in the path of a command."""

from bench.incidents.cases.means import SUPERVISORD, edit_in_section, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    edit_in_section(yard, SUPERVISORD, "program:payments", "command=/", "command=/opt/")
    await yard.update()


async def reference(yard: Yard) -> None:
    edit_in_section(yard, SUPERVISORD, "program:payments", "command=/opt/", "command=/")
    await yard.update()


INCIDENT = Incident(
    id="SUP-01",
    family="supervisord",
    title="supervisord cannot find the program of payments",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("supervisord.conf", "command"),),
    allowed=Change(files=(SUPERVISORD,)),
    approves=editing(SUPERVISORD),
)
