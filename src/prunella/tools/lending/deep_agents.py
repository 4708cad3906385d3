"""A Prunella sandbox as the backend of deepagents: their file tools and `execute` work in there."""

import asyncio
import importlib
import uuid
from typing import Any, Protocol, cast

from prunella.domain.sandbox import JobLimits
from prunella.errors import Misuse, PrunellaError
from prunella.protocols import Sandbox
from prunella.tools.lending.loop import begin
from prunella.tools.lending.workspace import FOLDER, LIMITS, Done, Workspace

_KEPT_NOT = "[The folder is as it was before: what came of this command was not kept.]"


class _Backend(Protocol):
    """What deepagents calls; its file tools are made of these by deepagents itself."""

    @property
    def id(self) -> str: ...

    def execute(self, command: str, *, timeout: int | None = None) -> Any: ...

    async def aexecute(self, command: str, *, timeout: int | None = None) -> Any: ...  # noqa: ASYNC109 - theirs

    def upload_files(self, files: list[tuple[str, bytes]]) -> list[Any]: ...

    def download_files(self, paths: list[str]) -> list[Any]: ...


def deepagents_backend(sandbox: Sandbox, limits: JobLimits = LIMITS) -> Any:
    """A `SandboxBackendProtocol` for `create_deep_agent(backend=…)`, made of deepagents' own BaseSandbox.

    Files live in /tmp/workspace, where commands start, from one command to the next; processes do not live on, and
    the rest of the disk is read-only or empty at each. The sandbox needs sh, tar, gzip, base64 and python3. Raises
    Misuse when deepagents is not installed.
    """
    try:
        protocol: Any = importlib.import_module("deepagents.backends.protocol")
        base: Any = importlib.import_module("deepagents.backends.sandbox").BaseSandbox
    except ImportError as error:
        raise Misuse("deepagents is not installed: `pip install deepagents`.") from error
    kind = type("PrunellaBackend", (_InSandbox, base), {})
    return cast("_Backend", kind(Workspace(sandbox, limits), protocol))


class _InSandbox:
    """The four things that BaseSandbox leaves open."""

    def __init__(self, workspace: Workspace, protocol: Any) -> None:
        self._workspace, self._protocol = workspace, protocol
        self._id = f"prunella-{uuid.uuid4().hex[:12]}"

    @property
    def id(self) -> str:
        return self._id

    def execute(self, command: str, *, timeout: int | None = None) -> Any:
        return begin(self._execute(command, timeout)).result()

    async def aexecute(self, command: str, *, timeout: int | None = None) -> Any:  # noqa: ASYNC109 - theirs
        return await asyncio.wrap_future(begin(self._execute(command, timeout)))

    def upload_files(self, files: list[tuple[str, bytes]]) -> list[Any]:
        """One answer each, in order; an error is in its answer."""
        return [begin(self._upload(path, content)).result() for path, content in files]

    def download_files(self, paths: list[str]) -> list[Any]:
        return [begin(self._download(path)).result() for path in paths]

    async def _execute(self, command: str, timeout_s: int | None) -> Any:
        try:
            done = await self._workspace.run(f"exec 2>&1\n{command}\n", wall_s=timeout_s or None)
        except Misuse:
            raise
        except PrunellaError as error:
            return self._protocol.ExecuteResponse(output=str(error), exit_code=None)
        most = self._workspace.limits.output_chars
        return self._protocol.ExecuteResponse(
            output=_output_of(done),
            exit_code=done.result.exit_code,
            truncated=len(done.result.stdout.encode("utf-8", "replace")) > most,
        )

    async def _upload(self, path: str, content: bytes) -> Any:
        error = None
        try:
            await self._workspace.put(path, content)
        except PrunellaError as refused:
            error = str(refused)
        return self._protocol.FileUploadResponse(path=path, error=error)

    async def _download(self, path: str) -> Any:
        content, error = None, None
        try:
            content = await self._workspace.get(path)
        except FileNotFoundError:
            error = "file_not_found"
        except IsADirectoryError:
            error = "is_directory"
        except PrunellaError as refused:
            error = str(refused)
        return self._protocol.FileDownloadResponse(path=path, content=content, error=error)


def _output_of(done: Done) -> str:
    result = done.result
    notes = [f"[Stopped by its limit: {result.stopped}.]"] if result.stopped else []
    if not done.kept:
        notes.append(_KEPT_NOT)
    said = result.stdout + result.stderr
    return "\n".join([said, *notes]) if notes else said


__all__ = ["FOLDER", "deepagents_backend"]
