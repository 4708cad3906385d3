"""The files pack: read any file below the fleet's folder, write the declared ones whole."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from prunella.configs.files import decode, read_bytes
from prunella.domain.tool import Prepared
from prunella.errors import Rejected
from prunella.protocols import Tool
from prunella.tools.packs.file_edit import FileEdit, is_edited, undo_edit
from prunella.tools.tool import tool
from prunella.world.fleet_world import FleetWorld

FilePath = Annotated[str, Field(description="a path, absolute or from the fleet's folder")]
_MOST_CHARACTERS = 20_000


@dataclass(frozen=True)
class FilesPack:
    """Tools over the files of one fleet; links that lead out of its folder are not followed."""

    world: FleetWorld

    def tools(self) -> tuple[Tool, ...]:
        """Two readers, one writer that can be put back to the byte."""
        write = tool(
            risk="change", name="files.write", before=self.before_write, undo=undo_edit,
            applied=lambda _, before: is_edited(before),
        )(self.write)  # fmt: skip
        return (tool(name="files.read")(self.read), tool(name="files.list")(self.listed), write)

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


def _encoded(path: Path, content: str) -> bytes:
    """In the encoding of the file that is there; as UTF-8 where there is none, or one that was spoiled."""
    data = read_bytes(path) if path.exists() else b""
    try:
        there = decode(data)
    except Rejected:
        return content.encode()
    return there.encode(content)
