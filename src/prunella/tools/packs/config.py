"""The config pack: settings of the fleet's declared files, changed one at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from prunella.configs.files import decode, read_bytes
from prunella.configs.formats import editor_for, format_of
from prunella.configs.reading import read_config
from prunella.domain.tool import Prepared
from prunella.errors import Rejected
from prunella.fleet.secrets import resolve
from prunella.nearest import nearest
from prunella.protocols import ConfigEditor, Tool
from prunella.tools.choices import offering
from prunella.tools.packs.file_edit import FileEdit, is_edited, undo_edit
from prunella.tools.tool import FunctionTool, tool
from prunella.world.fleet_world import FleetWorld
from prunella.world.references import versions_of

ConfigFile = Annotated[str, Field(description="a configuration file that the fleet declares, as listed")]
SettingName = Annotated[str, Field(description="the setting's key, dotted from the top of the file")]
NewValue = Annotated[str, Field(description="the value as text; `secret:NAME` stands for a declared secret")]
SECRET = "secret:"  # noqa: S105 -- the prefix of a reference, not a secret


@dataclass(frozen=True)
class ConfigPack:
    """Tools over the declared configuration files of one fleet. `environ` is where `env:` secrets are looked up."""

    world: FleetWorld
    environ: Mapping[str, str]

    def tools(self) -> tuple[Tool, ...]:
        """One reader, four writers; every writer can be put back to the byte."""
        tools = (
            tool(name="config.show")(self.show),
            self._writer("config.set", self.set, self.set_edit),
            self._writer("config.remove", self.remove, self.remove_edit),
            self._writer("config.replace_text", self.replace_text, self.replace_text_edit),
            self._writer("config.restore", self.restore, self.restore_edit),
        )
        files = [self._relative(path) for each in self.world.fleet.services.values() for path in each.config]
        for each in tools:
            each.spec = offering(each.spec, file=list(dict.fromkeys(files)))
        return tools

    def _writer(
        self, name: str, run: Callable[..., Awaitable[str]], edit: Callable[..., Awaitable[FileEdit]]
    ) -> FunctionTool[..., Awaitable[str]]:
        async def before(**arguments: str) -> Prepared:
            try:
                return (await edit(**arguments)).prepare(self.world.redactor)
            except Rejected as error:  # brains and checkpoints get this text, and it may quote the file
                raise Rejected(self.world.redactor.text(str(error))) from None

        return tool(risk="change", name=name, before=before, undo=undo_edit, applied=lambda _, b: is_edited(b))(run)

    async def show(self, file: ConfigFile) -> str:
        """Show a configuration file's text, with secrets blacked out."""
        path, _ = self._declared(file)
        return self.world.redactor.text(read_config(path).text)

    async def set(self, file: ConfigFile, key: SettingName, value: NewValue) -> str:
        """Change or add one setting of a configuration file; every other byte stays as it is."""
        (await self.set_edit(file, key, value)).write()
        return f"{key} is set in {file}"

    async def remove(self, file: ConfigFile, key: SettingName) -> str:
        """Remove one setting from a configuration file; every other byte stays as it is."""
        (await self.remove_edit(file, key)).write()
        return f"{key} is removed from {file}"

    async def replace_text(
        self,
        file: ConfigFile,
        old: Annotated[str, Field(description="text that occurs exactly once in the file", min_length=1)],
        new: Annotated[str, Field(description="what shall stand there instead")],
    ) -> str:
        """Replace one exact piece of text in a configuration file: for files that do not parse."""
        (await self.replace_text_edit(file, old, new)).write()
        return f"one place is replaced in {file}"

    async def restore(
        self,
        file: ConfigFile,
        origin: Annotated[str, Field(description="`known good`, `git HEAD`, or the path of a backup beside it")],
    ) -> str:
        """Put a whole configuration file back to what it was at a better time."""
        (await self.restore_edit(file, origin)).write()
        return f"{file} is as {origin} knows it"

    async def set_edit(self, file: str, key: str, value: str) -> FileEdit:
        path, service = self._declared(file)
        if not value.startswith(SECRET):
            return self._edit(path, service, lambda editor, text: editor.set(text, key, value))
        secret = await self._secret(service, value.removeprefix(SECRET))
        try:
            return self._edit(path, service, lambda editor, text: editor.set(text, key, secret))
        except Rejected as error:
            raise Rejected(str(error).replace(repr(secret), value)) from None

    async def remove_edit(self, file: str, key: str) -> FileEdit:
        path, service = self._declared(file)
        return self._edit(path, service, lambda editor, text: editor.remove(text, key))

    async def replace_text_edit(self, file: str, old: str, new: str) -> FileEdit:
        path, service = self._declared(file)
        source = decode(read_bytes(path))
        if (times := source.text.count(old)) != 1:
            raise Rejected(f"The text occurs {times} times in {file}; it must occur exactly once. Give more around it.")
        return FileEdit(path, source.encode(source.text.replace(old, new)), service)

    async def restore_edit(self, file: str, origin: str) -> FileEdit:
        path, service = self._declared(file)
        good = await self.world.known_good.newest(self.world.good_name(service))
        known = await asyncio.to_thread(versions_of, path, good)
        meant = next((each for each in known if origin in {each, Path(each).name, self._relative(Path(each))}), None)
        if meant is None:
            names = ", ".join(self._relative(Path(each)) for each in known) or "nobody"
            raise Rejected(f"{origin} knows no version of {file}. Who knows one: {names}.")
        return FileEdit(path, known[meant], service)

    def _edit(self, path: Path, service: str, change: Callable[[ConfigEditor, str], str]) -> FileEdit:
        source = decode(read_bytes(path))
        editor = editor_for(format_of(path, source.text))
        if editor is None:
            raise Rejected(f"{path} is of no format with settings. Use config.replace_text.")
        return FileEdit(path, source.encode(change(editor, source.text)), service)

    async def _secret(self, service: str, name: str) -> str:
        refs = {ref.name: ref for ref in self.world.fleet.services[service].secrets}
        if name not in refs:
            raise Rejected(f"{service} declares no secret {name}. Known: {', '.join(refs) or 'none'}.")
        value = await resolve(refs[name], self.environ)
        for part in (value, *value.splitlines()):  # some formats write each line by itself
            self.world.redactor.learn(part)
        return value

    def _declared(self, file: str) -> tuple[Path, str]:
        """The declared file that `file` names (absolute, from the fleet's folder, or bare), and its service."""
        fleet = self.world.fleet
        owners = {path: service.name for service in fleet.services.values() for path in service.config}
        exact = [path for path in owners if path in {Path(file), fleet.folder / file}]
        named = exact or [path for path in owners if path.name == file]
        if len(named) == 1:
            return named[0], owners[named[0]]
        known = tuple(self._relative(path) for path in owners)
        likely = ", ".join(nearest(file, known) or known)
        raise Rejected(f"{file} is no configuration file that the fleet declares. Did you mean {likely}?")

    def _relative(self, path: Path) -> str:
        """As the operator writes it: from the fleet's folder."""
        return str(path).removeprefix(f"{self.world.fleet.folder}/")
