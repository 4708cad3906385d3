"""The files pack: read any file below the fleet's folder, write the declared ones; put rights, links and logs right."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from prunella.configs.files import decode, read_bytes
from prunella.domain.frozen import JsonValue
from prunella.domain.tool import Prepared
from prunella.errors import Rejected
from prunella.protocols import Tool
from prunella.tools.packs.discarding import KEPT as KEPT_FILES
from prunella.tools.packs.discarding import Discard, is_discarded, undo_discard
from prunella.tools.packs.file_edit import FileEdit, is_edited, undo_edit
from prunella.tools.packs.links import LinkEdit, is_turned, undo_link
from prunella.tools.packs.rights import RightsEdit, are_given, undo_rights
from prunella.tools.packs.rotation import KEPT, Rotation, is_emptied, undo_rotation
from prunella.tools.tool import tool
from prunella.world.disposables import disposer_of
from prunella.world.fleet_world import FleetWorld
from prunella.world.paths import look_at
from prunella.world.places import Places

FilePath = Annotated[str, Field(description="a path, absolute or from the fleet's folder")]
Mode = Annotated[str, Field(description="octal, such as 0750; empty: as it is")]
Owner = Annotated[str, Field(description="`user:group`, `user` or `:group`; empty: as it is")]
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class FilesPack:
    """Tools over the files of one fleet; links that lead out of its folder are not followed."""

    world: FleetWorld

    def tools(self) -> tuple[Tool, ...]:
        """Two readers, and writers that can be put back: to the byte, the mode, the owner, the link."""
        return (
            tool(name="files.read")(self.read),
            tool(name="files.list")(self.listed),
            _writer("files.write", self.write, self.before_write, undo_edit, is_edited),
            _writer("files.set_mode", self.set_mode, self.before_set_mode, undo_rights, are_given),
            _writer("files.install", self.install, self.before_install, undo_edit, is_edited),
            _writer("files.link", self.link, self.before_link, undo_link, is_turned),
            _writer("files.rotate_log", self.rotate_log, self.before_rotate_log, undo_rotation, is_emptied),
            _writer("files.discard", self.discard, self.before_discard, undo_discard, is_discarded),
        )

    async def read(self, path: FilePath) -> str:
        """Read a text file below the fleet's folder, with secrets blacked out; the newest end of a long one."""
        text = decode(read_bytes(self._inside(path))).text
        return self.world.redactor.text(text[-_MOST_CHARACTERS:])

    async def listed(self, path: FilePath = ".") -> list[str]:
        """List what a folder below the fleet's folder holds; folders end with a slash."""
        folder = self._inside(path)
        if not folder.is_dir():
            raise Rejected(f"{folder} is no folder.")
        return sorted(f"{each.name}/" if each.is_dir() else each.name for each in folder.iterdir())[:500]

    async def write(
        self, path: FilePath, content: Annotated[str, Field(description="the file's whole new text")]
    ) -> str:
        """Write a declared configuration file whole, or make it where it is missing."""
        self._edit(path, content).write()
        return f"{path} is written"

    async def before_write(self, path: str, content: str) -> Prepared:
        return self._edit(path, content).prepare(self.world.redactor)

    async def set_mode(self, path: FilePath, mode: Mode = "", owner: Owner = "") -> str:
        """Give one file or folder that a service needs, or a folder on the way to it, another mode or owner."""
        edit = await asyncio.to_thread(self._rights, path, mode, owner)
        await asyncio.to_thread(edit.write)
        return f"{path} has these rights"

    async def before_set_mode(self, path: str, mode: str = "", owner: str = "") -> Prepared:
        edit = await asyncio.to_thread(self._rights, path, mode, owner)
        good = await self.world.good_states((edit.service,))
        configs = self.world.fleet.services[edit.service].config
        return await asyncio.to_thread(edit.prepare, good, configs)

    async def install(
        self, path: FilePath, origin: Annotated[str, Field(description="the file that lies near it, ready to be used")]
    ) -> str:
        """Replace a file that a service needs, such as a certificate, by a copy of another one that lies beside it."""
        edit = await asyncio.to_thread(self._installed, path, origin)
        await asyncio.to_thread(edit.write)
        return f"{path} is a copy of {origin}"

    async def before_install(self, path: str, origin: str) -> Prepared:
        edit = await asyncio.to_thread(self._installed, path, origin)
        prepared = await asyncio.to_thread(edit.prepare, self.world.redactor)
        told = f"{edit.path} becomes a copy of {origin} ({prepared.written_bytes} bytes), with its own mode and owner"
        return prepared.model_copy(update={"difference": told, "changes": (), "is_opaque": False, "hunks": ()})

    async def link(
        self, path: FilePath, target: Annotated[str, Field(description="where it shall lead, as written in the link")]
    ) -> str:
        """Turn a link that a service declares, such as that of its release, to another target in one step."""
        edit = await asyncio.to_thread(self._link, path, target)
        await asyncio.to_thread(edit.write)
        return f"{path} leads to {target}"

    async def before_link(self, path: str, target: str) -> Prepared:
        edit = await asyncio.to_thread(self._link, path, target)
        return await asyncio.to_thread(edit.prepare, await self.world.good_states((edit.service,)))

    async def rotate_log(self, path: FilePath) -> str:
        """Empty a log that fills its disk, after a compressed copy of it was kept on another one."""
        rotation = await asyncio.to_thread(self._rotation, path)
        return await asyncio.to_thread(rotation.write)

    async def before_rotate_log(self, path: str) -> Prepared:
        rotation = await asyncio.to_thread(self._rotation, path)
        return await asyncio.to_thread(rotation.prepare)

    async def discard(self, path: FilePath) -> str:
        """Remove a file that the operator declared disposable, to make room; kept on another disk if there is one."""
        discard = await asyncio.to_thread(self._discard, path)
        return await asyncio.to_thread(discard.write)

    async def before_discard(self, path: str) -> Prepared:
        discard = await asyncio.to_thread(self._discard, path)
        return await asyncio.to_thread(discard.prepare)

    def _rights(self, path: str, mode: str, owner: str) -> RightsEdit:
        places = Places(self.world.fleet)
        wanted = places.at(path)
        service = places.owner_of(wanted)
        if service is None:
            raise Rejected(
                f"{path} is nothing that a service declares, nor on the way to it; its rights are not changed."
            )
        return RightsEdit(wanted, mode, owner, service)

    def _installed(self, path: str, origin: str) -> FileEdit:
        places = Places(self.world.fleet)
        wanted, source = places.at(path), places.at(origin)
        service = places.declarer_of(wanted)
        if service is None:
            raise Rejected(f"{path} is not among the `paths` that a service declares; others are not replaced.")
        if source == wanted or not places.is_near(source, wanted):
            raise Rejected(f"{origin} does not lie near {path}. Name a file beside it, or one folder below.")
        like = look_at(source)
        return FileEdit(wanted, read_bytes(source), service, like=like.state if like else None)

    def _link(self, path: str, target: str) -> LinkEdit:
        places = Places(self.world.fleet)
        wanted = places.at(path)
        service = places.declarer_of(wanted)
        if service is None:
            raise Rejected(f"{path} is not among the `paths` that a service declares; others are not turned.")
        return LinkEdit(wanted, target, service)

    def _rotation(self, path: str) -> Rotation:
        world, places = self.world, Places(self.world.fleet)
        wanted = places.at(path)
        logs = {name: world.log_paths(service) for name, service in world.fleet.services.items()}
        service = places.writer_of(wanted, logs)
        if service is None:
            raise Rejected(f"{path} is no log that a service declares; others are not emptied.")
        return Rotation(wanted, service, world.state_folder / KEPT)

    def _discard(self, path: str) -> Discard:
        fleet = self.world.fleet
        wanted = Places(fleet).at(path)
        service = disposer_of(fleet, wanted)
        if service is None:
            raise Rejected(f"{path} is nothing that a service declares `disposable`; others are not removed.")
        return Discard(wanted, service, self.world.state_folder / KEPT_FILES, fleet.folder)

    def _edit(self, path: str, content: str) -> FileEdit:
        wanted = self.world.fleet.folder / path
        for service in self.world.fleet.services.values():
            if wanted in service.config:
                return FileEdit(wanted, _encoded(wanted, content), service.name)
        raise Rejected(f"{path} is not among the configuration files that the fleet declares; others are not written.")

    def _inside(self, path: str) -> Path:
        fleet = self.world.fleet
        real = (fleet.folder / path).resolve()
        declared = {each.resolve() for service in fleet.services.values() for each in (*service.config, *service.logs)}
        if real in declared or real.is_relative_to(fleet.folder.resolve()):
            return real
        raise Rejected(f"{path} lies outside of the fleet's folder {fleet.folder}.")


def _writer(
    name: str,
    run: Callable[..., Awaitable[str]],
    before: Callable[..., Awaitable[Prepared]],
    undo: Callable[[JsonValue], None],
    applied: Callable[[JsonValue], bool | None],
) -> Tool:
    return tool(risk="change", name=name, before=before, undo=undo, applied=lambda _, was: applied(was))(run)


def _encoded(path: Path, content: str) -> bytes:
    """In the encoding of the file that is there; as UTF-8 where there is none, or one that was spoiled."""
    data = read_bytes(path) if path.exists() else b""
    try:
        there = decode(data)
    except Rejected:
        return content.encode()
    return there.encode(content)
