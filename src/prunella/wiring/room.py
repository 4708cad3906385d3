"""Is there room for a run? One that cannot write its journal could not be taken back."""

import shutil
from pathlib import Path

from prunella.errors import Misuse

LEAST_FREE_BYTES = 4 * 1024 * 1024


def refuse_full_disk(home: Path) -> None:
    """Raises Misuse when the disk under `home`, or under where it will be, is as good as full."""
    place = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE_BYTES:
        raise Misuse(
            f"The disk under the state folder {home} has {free // 1024} KB left; {LEAST_FREE_BYTES // 1024} KB are "
            "needed, so that a run can be taken back. Free space, or set PRUNELLA_HOME to another disk."
        )
