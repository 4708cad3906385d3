"""Which files and folders belong to a service, though no tool edits their text: what it needs, and the ways there."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from prunella.domain.service import Fleet, Service
from prunella.world.paths import declared_of, led_to, look_at, paths_of, rotations_of, way_to


@dataclass(frozen=True)
class Places:
    """All places of a fleet; `named` are absolute paths or from its folder. Looked up anew at each call; blocks."""

    fleet: Fleet

    def at(self, named: str) -> Path:
        """As it is written, without `..`; links are not followed."""
        return Path(os.path.normpath(self.fleet.folder / named))

    def owner_of(self, path: Path) -> str | None:
        """The service that declares the path, that needs it as a way, or in whose declared folder it lies. The fleet's
        own folder is nobody's.
        """
        return next((name for name, service in self.fleet.services.items() if path in self._rightful(service)), None)

    def declarer_of(self, path: Path) -> str | None:
        """The service that declares it, or its folder, under `paths`; None for a configuration file, which has tools
        of its own.
        """
        services = self.fleet.services.items()
        if any(path in service.config for _, service in services):
            return None
        exact = next((name for name, service in services if path in service.paths), None)
        return exact or next((name for name, service in services if path.parent in service.paths), None)

    def is_near(self, source: Path, path: Path) -> bool:
        """A plain file that lies beside a declared path, or one folder below that, and is no configuration."""
        name = self.declarer_of(path)
        if name is None or any(source in service.config for service in self.fleet.services.values()):
            return False
        service = self.fleet.services[name]
        near = paths_of(service.model_copy(update={"config": ()}), self.fleet.folder)
        return any(each.state.path == source and not each.is_folder and each.state.exists for each in near)

    def writer_of(self, log: Path, logs: Mapping[str, tuple[Path, ...]]) -> str | None:
        """The service whose log it is, or was before it was rotated away."""
        return next((name for name, paths in logs.items() for path in paths if log in rotations_of(path)), None)

    def _rightful(self, service: Service) -> Iterator[Path]:
        top, declared = self.fleet.folder, (*declared_of(service), *led_to(declared_of(service)))
        for path in declared:
            yield path
            yield from (folder for folder in way_to(path, top) if folder != top)
        for folder in declared:
            found = look_at(folder)
            if found is not None and found.is_folder:
                yield from folder.iterdir()
