"""A service that starts with nothing any more, stopped."""

from bench.incidents.cases.means import SUPERVISORD, edit_in_section, editing
from bench.incidents.incident import Change, Incident
from bench.incidents.yard import Yard


async def inject(yard: Yard) -> None:
    edit_in_section(yard, SUPERVISORD, "program:auth", "autorestart=true", "autostart=false\nautorestart=false")
    await yard.update()
    await yard.stop("auth")


async def reference(yard: Yard) -> None:
    edit_in_section(yard, SUPERVISORD, "program:auth", "autostart=false\nautorestart=false", "autorestart=true")
    await yard.update()
    await yard.start("auth")


async def symptom(yard: Yard) -> list[str]:
    status, body = await yard.get("/auth/login?user=ann")
    return [] if status == 200 else [f"GET /auth/login answered {status}: {body[:100]}"]


async def oracle(yard: Yard) -> list[str]:
    """It would come up by itself after a restart of the machine."""
    text = yard.read(SUPERVISORD)
    section = text[text.index("[program:auth]") :].split("\n[", 1)[0]
    return [f"auth: {line}" for line in ("autostart=false", "autorestart=false", "numprocs=0") if line in section]


INCIDENT = Incident(
    id="SUP-02",
    family="supervisord",
    title="auth is switched off, as if it were meant",
    services=("auth",),
    inject=inject,
    reference=reference,
    cause=(("supervisord.conf", "autostart"), ("supervisord.conf", "auth")),
    allowed=Change(files=(SUPERVISORD,)),
    symptom=symptom,
    oracle=oracle,
    approves=editing(SUPERVISORD),
)
