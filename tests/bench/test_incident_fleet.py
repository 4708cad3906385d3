"""The incident bench's own fleet, really started: minutes on a busy machine, so not part of every test run."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.incidents.clean import Unclean, put_back_clean
from bench.incidents.laying import Missing, binaries, lay_yard
from bench.incidents.lists import incidents_named
from bench.incidents.oracle import Judge
from bench.incidents.playing import set_scene
from bench.incidents.processes import of_yard

pytestmark = pytest.mark.heavy


def _missing() -> str:
    try:
        binaries()
    except Missing as missing:
        return str(missing)
    return "" if os.getuid() == 0 or os.access("/tmp", os.X_OK) else "needs a folder that others may pass"


def _leave(path: Path) -> None:
    path.write_text("left by an earlier one")


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Servers with users of their own must get through, which pytest's folders do not allow."""
    with tempfile.TemporaryDirectory(prefix="incidents-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(bool(_missing()), reason=_missing() or "all is there")
async def test_a_fault_shows_its_repair_passes_and_the_reset_is_proven(open_folder: Path):
    yard = await lay_yard(open_folder / "y")
    try:
        (incident,) = incidents_named("NGX-01")
        scene = await set_scene(incident, "stale", yard)
        assert scene.symptom
        assert incident.reference
        broken = await Judge(yard, incident, scene.before).judge(None)
        assert broken.parts["journey"]
        assert not broken.is_repaired
        await incident.reference(yard)
        assert str(await Judge(yard, incident, scene.before).judge(None)) == "all is well"
        await put_back_clean(yard)
        _leave(yard.outside / "pristine/edge/www/stray.html")
        with pytest.raises(Unclean, match="stray"):
            await put_back_clean(yard)
    finally:
        await yard.stop_all(gently=False)
    assert not list(of_yard(yard.folder))
