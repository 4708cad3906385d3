"""The bench's own test: every fault shows, and every reference repair passes the whole oracle."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bench.incidents.incident import Incident
from bench.incidents.laying import until_serving
from bench.incidents.oracle import Judge
from bench.incidents.playing import set_scene
from bench.incidents.rounds import Bay, share


async def test_all(incidents: Sequence[Incident], folder: Path, jobs: int) -> int:
    """The exit code: 1 when one failed."""
    failed: list[str] = []

    async def one(incident: Incident, bay: Bay) -> None:
        started = time.monotonic()
        fault = await _fault_of(incident, bay)
        if fault:
            failed.append(incident.id)
        sign = "✘" if fault else "✔"
        print(f"{sign} {incident.id:<8} {time.monotonic() - started:5.1f} s  {fault}", file=sys.stderr, flush=True)
        if incident.rebuild or fault:
            await bay.clear()

    await share(incidents, folder, jobs, one)
    print(
        f"{len(incidents) - len(failed)} of {len(incidents)} incidents are fit"
        + (f"; not: {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


async def _fault_of(incident: Incident, bay: Bay) -> str:
    try:
        yard = await bay.fleet(incident.variant)
        scene = await set_scene(incident, "stale", yard)
        if incident.reference is None:
            return "" if incident.expected != "repair" else "it has no reference repair"
        await incident.reference(yard)
        with suppress(TimeoutError):  # a repair by hand does not wait as a careful agent does
            await until_serving(yard, 15.0)
        finding = await Judge(yard, incident, scene.before).judge(None)
    except Exception as error:  # noqa: BLE001 -- whatever a case raises makes it unfit
        return f"{type(error).__name__}: {error}"[:400]
    return "" if finding.is_repaired else str(finding)
