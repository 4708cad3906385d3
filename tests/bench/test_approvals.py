"""Questions that wait cost nothing."""

from pathlib import Path

from bench.approvals import measure_approvals


async def test_what_waits_has_no_task_and_takes_no_time(tmp_path: Path):
    idle, listing = await measure_approvals(tmp_path, pending=40)
    assert idle.name.startswith("40 approvals pending")
    assert "0 tasks wait" in idle.note
    assert idle.is_met, idle
    assert listing.value is not None
    assert listing.value < 500
