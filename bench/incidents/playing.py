"""One incident, from the healthy fleet to the judgement."""

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.incidents.ageing import age
from bench.incidents.clean import put_back_clean
from bench.incidents.contender import Claim, Contender, Ground, Tools
from bench.incidents.healthy import Healthy, answers_of, remember, sow
from bench.incidents.incident import Change, Condition, Incident
from bench.incidents.laying import FLEET_FILE
from bench.incidents.oracle import Finding, Judge
from bench.incidents.outcome import Outcome
from bench.incidents.picture import Picture, take_picture
from bench.incidents.waiting import until
from bench.incidents.yard import Yard

_SHOWS_WITHIN_S = 12.0
_SETTLES_IN = 6  # looks, a second apart
_NOTHING_WRONG = ("escalate", "healthy")


@dataclass(frozen=True)
class Game:
    """Who plays what. `make` gives a fresh contender."""

    incident: Incident
    condition: Condition
    make: Callable[[], Contender]


@dataclass(frozen=True)
class Scene:
    """The fleet with its fault in place. `as_found` is what the agent meets."""

    before: Healthy
    as_found: Picture
    answers: Mapping[str, str]
    symptom: Sequence[str]
    reset_s: float


async def play(game: Game, yard: Yard, home: Path, sustain_s: float = 0.0) -> Outcome:
    """Puts the fleet back first. Raises Unfit where the fault cannot be set or does not show."""
    contender = game.make()
    ground = _ground(yard, home, sees_healthy=game.condition != "none")
    scene = await set_scene(game.incident, game.condition, yard, lambda: contender.prepare(ground))
    if game.condition == "none":
        await contender.prepare(ground)
    started = time.monotonic()
    claim = await _run(contender, game.incident, yard, ground)
    wall_s = time.monotonic() - started
    changed = scene.as_found.differences(await take_picture(yard), Change())
    answers = await answers_of(yard)
    judge = Judge(yard, game.incident, scene.before, sustain_s)
    finding = await (judge.judge if _is_judged_whole(game.incident, claim) else judge.glance)(claim, ground)
    broke = _broken(scene.answers, answers)
    return _outcome(game, contender.name, scene, Ended(claim, finding, changed, broke, wall_s))


class Unfit(Exception):
    """The bench's own fault: the incident does not do what it says."""


async def set_scene(
    incident: Incident, condition: Condition, yard: Yard, prepare: Callable[[], Any] | None = None
) -> Scene:
    """A healthy fleet, what the condition wants done to it, and then the fault."""
    started = time.monotonic()
    await put_back_clean(yard)
    reset_s = time.monotonic() - started
    await sow(yard)
    for old, new in incident.fleet_edits:
        yard.edit(FLEET_FILE, old, new)
    if condition != "none" and prepare is not None:
        await prepare()
    if condition == "stale":
        await age(yard)
    await asyncio.to_thread(yard.keep_healthy)
    before = await remember(yard)
    await incident.inject(yard)
    symptom = await _symptom(incident, yard)
    as_found = await _settled(yard)
    answers = await answers_of(yard)
    return Scene(before, as_found, answers, symptom, reset_s)


async def _settled(yard: Yard) -> Picture:
    """What lies and listens there once it stays the same for a moment: what a fault restarted is on its way."""
    seen = await take_picture(yard)
    for _ in range(_SETTLES_IN):
        await asyncio.sleep(1)
        earlier, seen = seen, await take_picture(yard)
        if not earlier.differences(seen, Change()):
            break
    return seen


async def _symptom(incident: Incident, yard: Yard) -> Sequence[str]:
    """What is visibly wrong, as soon as it shows. Raises Unfit when nothing is."""
    found: list[str] = []
    if incident.expected == "healthy" and incident.symptom is None:
        return found

    async def shows() -> bool:
        found[:] = await (incident.symptom(yard) if incident.symptom else _red(yard, incident))
        return bool(found)

    try:
        await until(shows, _SHOWS_WITHIN_S, what="symptom")
    except TimeoutError as error:
        raise Unfit(f"{incident.id}: no symptom within {_SHOWS_WITHIN_S:.0f} s") from error
    return found


async def _red(yard: Yard, incident: Incident) -> list[str]:
    journey = await (yard.journey(48, at_once=24) if incident.load else yard.journey(4))
    return journey.failures


def _ground(yard: Yard, home: Path, *, sees_healthy: bool) -> Ground:
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    kept = {
        name: value for name, value in os.environ.items() if name in _LENT or name.endswith(("_API_KEY", "_BASE_URL"))
    }
    env = {**kept, "TMPDIR": str(temporary), "FLEET": str(yard.folder)}
    return Ground(yard.folder, yard.folder / FLEET_FILE, home, env, sees_healthy)


_LENT = {"PATH", "LANG", "LC_ALL", "HOME", "TZ", "PYTHONPATH"}


async def _run(contender: Contender, incident: Incident, yard: Yard, ground: Ground) -> Claim:
    """With its human, and whoever meddles; never raises but for what is the bench's own."""
    meddling: list[asyncio.Task[None]] = []

    def started(pid: int) -> None:
        if incident.meddle is not None and not meddling:
            meddling.append(asyncio.create_task(_meddle(incident, yard, pid)))

    async def ask(question: Mapping[str, Any]) -> bool:
        return incident.approves(question)

    try:
        limit_s = incident.limit_s
        return await asyncio.wait_for(contender.run(incident.goal, Tools(ground, ask, started), limit_s), limit_s + 60)
    except Exception as error:  # noqa: BLE001 -- a contender that breaks down has lost, and no more
        return Claim("failed", error=f"{type(error).__name__}: {error}"[:300])
    finally:
        for task in meddling:
            task.cancel()


async def _meddle(incident: Incident, yard: Yard, pid: int) -> None:
    if incident.meddle is not None:
        await incident.meddle(yard, pid)


def _is_judged_whole(incident: Incident, claim: Claim) -> bool:
    """Where something was to be repaired, and is said to be; else only what is left over counts."""
    return incident.expected not in _NOTHING_WRONG and claim.verdict in ("healed", "healthy", "unverified")


def _broken(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What answered, and does not any more."""
    return [f"{name}: {told[:60]} → {after.get(name, '')[:60]}" for name, told in before.items()
            if _answers(told) and not _answers(after.get(name, ""))]  # fmt: skip


def _answers(told: str) -> bool:
    return told.startswith(("200", "401", "404")) or told in ("RUNNING", "True", "[(1,)]", "b'PONG'")


@dataclass(frozen=True)
class Ended:
    """What a run left behind, as measured from outside."""

    claim: Claim
    finding: Finding
    changed: Sequence[str] = ()
    broke: Sequence[str] = ()
    wall_s: float = 0.0


def _outcome(game: Game, contender: str, scene: Scene, ended: Ended, reason: str = "") -> Outcome:
    incident, claim, finding = game.incident, ended.claim, ended.finding
    return Outcome(
        contender=contender, incident=incident.id, family=incident.family, title=incident.title,
        condition=game.condition, expected=incident.expected, latent=incident.latent, claim=claim.verdict,
        cause=claim.cause[:500], demonstrated=claim.demonstrated, error=claim.error, parts=finding.parts,
        weaknesses=finding.weaknesses, leaks=finding.leaks, changed=ended.changed, broke=ended.broke,
        symptom=scene.symptom[:3], timeline=[asdict(moment) for moment in claim.timeline],
        detected_s=claim.detected_s, planned_s=claim.planned_s, wall_s=round(ended.wall_s, 2),
        reset_s=round(scene.reset_s, 2), steps=claim.steps, plans=claim.plans, questions=claim.questions,
        model_calls=claim.model_calls, tokens=claim.tokens, dollars=claim.dollars, troubled=reason,
    )  # fmt: skip


def troubled(game: Game, contender: str, reason: str) -> Outcome:
    """A run that the bench could not hold."""
    nothing = Picture({}, frozenset(), {})
    scene = Scene(Healthy(nothing, {}, {}, 0.0), nothing, {}, (), 0.0)
    return _outcome(game, contender, scene, Ended(Claim("failed"), Finding({})), reason)
