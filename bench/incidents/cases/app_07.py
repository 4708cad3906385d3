"""A value in the environment goes before the one in the file."""

from bench.incidents.cases.means import SUPERVISORD, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    yard.edit(SUPERVISORD, "environment=PAYMENTS_PORT", 'environment=PAY_FEE="0",PAYMENTS_PORT')
    await yard.update()


async def reference(yard: Yard) -> None:
    yard.edit(SUPERVISORD, 'environment=PAY_FEE="0",PAYMENTS_PORT', "environment=PAYMENTS_PORT")
    await yard.update()


INCIDENT = Incident(
    id="APP-07",
    family="payments",
    title="payments charges no fee",
    services=("payments",),
    inject=inject,
    reference=reference,
    cause=(("supervisord.conf", "PAY_FEE"), ("supervisord.conf", "environment")),
    allowed=Change(files=(SUPERVISORD,)),
    approves=editing(SUPERVISORD),
)
