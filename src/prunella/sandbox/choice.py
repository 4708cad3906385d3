"""Which sandbox, by name: `bubblewrap`, `docker:IMAGE`, `podman:IMAGE`, `e2b` or `e2b:TEMPLATE`. There is no `none`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import get_args

from prunella.domain.sandbox import Job, JobResult
from prunella.domain.service import SecretRef
from prunella.errors import Misuse, Rejected, Transient
from prunella.fleet.secrets import resolve
from prunella.nearest import did_you_mean
from prunella.protocols import ProvenSandbox
from prunella.sandbox.addresses import address_of
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.sandbox.container import ContainerSandbox
from prunella.sandbox.e2b import DEFAULT_TEMPLATE, E2bPlace, E2bSandbox

DEFAULT = "bubblewrap"
_KEY = "E2B_API_KEY"
_WRITE = "Write `bubblewrap`, `docker:IMAGE`, `podman:IMAGE` or `e2b`."
_NAMES = ("bubblewrap", "docker", "podman", "e2b")
_SOURCES = get_args(SecretRef.model_fields["source"].annotation)


def sandbox_for(spec: str | Sequence[str], environ: Mapping[str, str]) -> ProvenSandbox:
    """The sandbox of that name; of several the first that isolates here, in the order given, and never another one.

    `environ` says where docker and podman listen (DOCKER_HOST, DOCKER_CONTEXT, CONTAINER_HOST) and holds E2B's key
    (E2B_API_KEY, or where it leads). Nothing is started or asked yet. Raises Misuse for a name that is none.
    """
    specs = (spec,) if isinstance(spec, str) else tuple(spec)
    if not specs:
        raise Misuse(f"No sandbox is named. {_WRITE}")
    sandboxes = tuple(_one(each.strip(), environ) for each in specs)
    return sandboxes[0] if len(sandboxes) == 1 else FirstThatIsolates(sandboxes)


class FirstThatIsolates:
    """A Sandbox: the first of several that isolates here, found once. Where none does, nothing is run."""

    def __init__(self, sandboxes: Sequence[ProvenSandbox]) -> None:
        self._sandboxes = sandboxes
        self._trying = asyncio.Lock()
        self._found: ProvenSandbox | None = None

    async def ready(self) -> object:
        return await (await self._first()).ready()

    async def run(self, job: Job) -> JobResult:
        return await (await self._first()).run(job)

    async def _first(self) -> ProvenSandbox:
        async with self._trying:
            if self._found is None:
                self._found = await _first_ready(self._sandboxes)
            return self._found


async def _first_ready(sandboxes: Sequence[ProvenSandbox]) -> ProvenSandbox:
    said: list[str] = []
    for sandbox in sandboxes:
        try:
            await sandbox.ready()
        except (Misuse, Transient) as error:
            said.append(str(error))
        else:
            return sandbox
    raise Misuse("\n".join(said))


def _one(spec: str, environ: Mapping[str, str]) -> ProvenSandbox:
    name, _, rest = spec.partition(":")
    match name:
        case "bubblewrap" if not rest:
            return Bubblewrap()
        case "docker" | "podman" if rest:
            return ContainerSandbox(rest, address_of(name, environ), name)
        case "docker" | "podman":
            raise Misuse(f"The sandbox {name} needs an image that is there, with Python for python.run: {name}:IMAGE.")
        case "e2b":
            return E2bSandbox(lambda: _key(environ), rest or DEFAULT_TEMPLATE, E2bPlace.from_environ(environ))
        case _:
            hint = did_you_mean(name, _NAMES)
            raise Misuse(f"{spec!r} is no sandbox. {hint} {_WRITE}".replace("  ", " "))


async def _key(environ: Mapping[str, str]) -> str:
    """The key, or what the reference in its place leads to; "" for none."""
    given = environ.get(_KEY, "").strip()
    source, _, where = given.partition(":")
    if source not in _SOURCES or not where.strip():
        return given
    try:
        reference = SecretRef.model_validate({"name": _KEY, "source": source, "where": where.strip()})
        return (await resolve(reference, environ)).strip()
    except Rejected as error:
        raise Misuse(f"Code of others is not run: {error}") from error
