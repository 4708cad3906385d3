"""A copy of a fleet's configuration tree, on which tools work as on the real one."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from prunella.configs.difference import unified
from prunella.configs.files import MAX_BYTES, decode, read_bytes
from prunella.configs.known_good import FileKnownGood, siblings
from prunella.domain.frozen import JsonValue
from prunella.domain.posture import Posture
from prunella.domain.service import Fleet, Service
from prunella.domain.setting import FileState
from prunella.errors import Rejected
from prunella.world.fleet_world import FleetWorld

_MOST_BESIDE = 50
_PLACES = frozenset({"file", "path", "origin"})


@dataclass(frozen=True)
class Shadow:
    """`tree` holds every file of the shadow under its real absolute path; `world` looks at nothing else.

    `paths` are the declared files that were copied, `beside` what else the services need (certificates).
    """

    tree: Path
    world: FleetWorld
    paths: tuple[Path, ...]
    beside: tuple[Path, ...] = ()

    def arguments(self, arguments: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """With absolute places turned to the shadow."""
        return {name: self._turned(value) if name in _PLACES else value for name, value in arguments.items()}

    def changed(self) -> dict[Path, bytes | None]:
        """The files that are not as on the disk, by their real paths."""
        real = {Path(os.path.realpath(path)) for path in (*self.paths, *self.beside)}
        now = {path: content(self.tree / path.relative_to("/")) for path in sorted(real)}
        return {path: data for path, data in now.items() if data != content(path)}

    def difference(self) -> str:
        """What the shadow has changed, as people read it; not redacted."""
        changed = self.changed()
        real = {path: Path(os.path.realpath(path)) for path in self.paths}
        found = (unified(p, text_of(content(r)), text_of(changed[r])) for p, r in real.items() if r in changed)
        return "\n".join(dict.fromkeys(found))

    def said(self, text: str) -> str:
        """A text about the shadow, as one about the world."""
        return text.replace(str(self.tree), "")

    def of_the_world(self, posture: Posture) -> Posture:
        stances = posture.stances
        return Posture(
            stances=tuple(
                each.model_copy(update={"subject": self.said(each.subject), "says": self.said(each.says)})
                for each in stances
            )
        )

    def _turned(self, value: JsonValue) -> JsonValue:
        if not isinstance(value, str) or not value.startswith("/") or Path(value).is_relative_to(self.tree):
            return value
        return f"{self.tree}{value}"


def make_shadow(world: FleetWorld, services: tuple[str, ...], tree: Path) -> Shadow:
    """A new shadow in the folder `tree`, which is private to us, with the files of these services. Blocks."""
    fleet = world.fleet
    paths = tuple(dict.fromkeys(path for name in services for path in fleet.services[name].config))
    (tree / fleet.folder.relative_to("/")).mkdir(parents=True, exist_ok=True)
    for path in paths:
        for each in (path, *siblings(path)):
            _copy(each, tree)
        _link_repository(path, tree)
    beside = tuple(dict.fromkeys(path for name in services for path in fleet.services[name].paths))
    for path in beside:
        _copy_needed(path, tree)
    shadowed = fleet.model_copy(
        update={
            "path": _under(tree, fleet.path),
            "services": {name: _shadowed(service, tree) for name, service in fleet.services.items()},
        }
    )
    good = ShadowKnownGood(world.known_good, tree)
    return Shadow(tree, FleetWorld(shadowed, (), tree / "state", good, world.redactor), paths, beside)


def owners_of(paths: Iterable[Path], fleet: Fleet) -> tuple[Service, ...]:
    """The services that declare one of these real paths."""
    real = frozenset(paths)
    return tuple(
        service
        for service in fleet.services.values()
        if any(Path(os.path.realpath(path)) in real for path in (*service.config, *service.paths))
    )


def content(path: Path) -> bytes | None:
    """None for no file, and for one that cannot be read."""
    try:
        return read_bytes(path)
    except Rejected:
        return None


def text_of(data: bytes | None) -> str:
    """For people: a file that was spoiled may hold anything."""
    try:
        return "" if data is None else decode(data).text
    except Rejected:
        return f"({len(data or b'')} bytes that are no text)\n"


class ShadowKnownGood(FileKnownGood):
    """What the real files looked like at a better time, as if it were told of the shadow's."""

    def __init__(self, real: FileKnownGood, tree: Path) -> None:
        super().__init__(tree / "known-good")
        self._real, self._tree = real, tree

    async def newest(self, fleet: str) -> Mapping[Path, bytes]:
        found = await self._real.newest(fleet.removeprefix(str(self._tree)))
        return {_under(self._tree, path): data for path, data in found.items()}

    async def newest_states(self, fleet: str) -> tuple[FileState, ...]:
        found = await self._real.newest_states(fleet.removeprefix(str(self._tree)))
        return tuple(state.model_copy(update={"path": _under(self._tree, state.path)}) for state in found)


def _shadowed(service: Service, tree: Path) -> Service:
    """With its places in the shadow, where nothing is disposable: room is not what a shadow has."""
    spec = service.supervisor
    return service.model_copy(
        update={
            "folder": _under(tree, service.folder),
            "config": tuple(_under(tree, path) for path in service.config),
            "logs": tuple(_under(tree, path) for path in service.logs),
            "paths": tuple(_under(tree, path) for path in service.paths),
            "disposable": (),
            "supervisor": spec and spec.model_copy(update={"cwd": _under(tree, spec.cwd)}),
        }
    )


def _under(tree: Path, path: Path) -> Path:
    return tree / path.relative_to("/")


def _copy(path: Path, tree: Path) -> None:
    """The file under its real path, and a link to it where it is reached by another. Its mode and owner are kept:
    nobody but us gets into the tree.
    """
    real = Path(os.path.realpath(path))
    target, link = _under(tree, real), _under(tree, path)
    if real.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
    data = content(real)
    if data is not None and len(data) <= MAX_BYTES and not target.exists():
        _write(target, data, real.stat())
    if target != link and not os.path.lexists(link):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)


def _copy_needed(path: Path, tree: Path) -> None:
    """A file with what lies beside it, as that may take its place; of a folder only that it is there."""
    real = Path(os.path.realpath(path))
    if real.is_dir():
        _under(tree, real).mkdir(parents=True, exist_ok=True)
    _copy(path, tree)
    for folder in (real.parent, *_folders_in(real.parent)) if real.is_file() else ():
        for each in _files_in(folder):
            _copy(each, tree)


def _folders_in(folder: Path) -> tuple[Path, ...]:
    return tuple(each for each in _entries(folder) if each.is_dir() and not each.is_symlink())


def _files_in(folder: Path) -> tuple[Path, ...]:
    return tuple(each for each in _entries(folder) if each.is_file() and not each.is_symlink())


def _entries(folder: Path) -> tuple[Path, ...]:
    """The first of them by name; none of what cannot be looked into."""
    try:
        return tuple(sorted(folder.iterdir())[:_MOST_BESIDE])
    except OSError:
        return ()


def _write(target: Path, data: bytes, facts: os.stat_result) -> None:
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        if os.geteuid() == 0:
            os.fchown(descriptor, facts.st_uid, facts.st_gid)
        os.fchmod(descriptor, facts.st_mode & 0o777)


def _link_repository(path: Path, tree: Path) -> None:
    """So that git's HEAD is known on the shadow too; it is only read."""
    real = Path(os.path.realpath(path))
    top = next((folder for folder in real.parents if (folder / ".git").exists()), None)
    if top is not None and not os.path.lexists(_under(tree, top) / ".git"):
        _under(tree, top).mkdir(parents=True, exist_ok=True)
        (_under(tree, top) / ".git").symlink_to(top / ".git")
