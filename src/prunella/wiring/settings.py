"""What the environment says, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Settings:
    """`home` is where runs, journal and known-good files are kept; PRUNELLA_HOME, else the user's state folder."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @classmethod
    def from_environment(cls) -> "Settings":
        named = os.environ.get("PRUNELLA_HOME")
        return cls(home=Path(named) if named else platformdirs.user_state_path("prunella"))
