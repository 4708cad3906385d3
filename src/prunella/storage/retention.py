"""How long the details of a run are kept; the journal and the book of runs are kept for good."""

import shutil
from pathlib import Path

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from prunella.protocols import Runs
from prunella.storage.checkpoints import forget, remembered
from prunella.storage.events import event_path
from prunella.storage.kept import sweep_kept

EVIDENCE = "evidence"
"""The folder below the state folder in which each run has one of its own for large texts."""
_DAY_S = 86_400.0


async def sweep(folder: Path, runs: Runs, saver: AsyncSqliteSaver, now: float, days: float = 30.0) -> tuple[str, ...]:
    """Deletes event files, evidence and checkpoints of runs that ended more than `days` ago; the runs it found some of.

    A run without a verdict is never touched, however old. What was moved aside goes as late, and not before the oldest
    run without a verdict began: that one may yet put it back.
    """
    saved, records = await remembered(saver), await runs.list()
    swept: list[str] = []
    for record in records:
        path = event_path(folder, record.id)
        is_old = record.ended is not None and record.ended < now - days * _DAY_S
        evidence = folder / EVIDENCE / record.id
        if is_old and (record.id in saved or path.exists() or evidence.exists()):
            await forget(saver, record.id)
            path.unlink(missing_ok=True)
            shutil.rmtree(evidence, ignore_errors=True)
            swept.append(record.id)
    begun = (record.started for record in records if record.ended is None)
    sweep_kept(folder, min((now - days * _DAY_S, *begun)))
    return tuple(swept)
