"""A fleet as the loop's world: looked at through probes, supervisors, files and logs; changed by tools only."""

import asyncio
import hashlib
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from prunella.commands import run_command
from prunella.configs.files import read_bytes, state_of
from prunella.configs.known_good import FileKnownGood
from prunella.configs.reading import read_config
from prunella.domain.evidence import Evidence, Findings
from prunella.domain.facts import Facts, ServerFact, ServiceFacts
from prunella.domain.lesson import Trouble
from prunella.domain.report import Reach, Reading, Report
from prunella.domain.service import Fleet, Service
from prunella.domain.setting import FileState
from prunella.domain.supervisor import CommandResult, ServiceStatus
from prunella.errors import PrunellaError, Rejected, Transient
from prunella.fleet.secrets import known_values
from prunella.memory.trouble import trouble_in
from prunella.probes.factory import probe_for
from prunella.probes.prober import Prober
from prunella.protocols import Probe, Supervisor
from prunella.redaction.redactor import Redactor
from prunella.supervisors.factory import supervisor_for
from prunella.supervisors.ports import ports_of
from prunella.world.asking import ask_server, secret_of
from prunella.world.evidence import findings, with_needs, within_reach
from prunella.world.latent import LatentLook
from prunella.world.listening import roots_of
from prunella.world.logs import LogTails
from prunella.world.paths import kept_paths, surveyed
from prunella.world.preflights.preflight import check_of
from prunella.world.processes import Processes
from prunella.world.references import references_of
from prunella.world.scene import Scene, Sight, look_around
from prunella.world.secrets import secret_values, secrets_in

STARTUP_S = 15.0
START_TIME_ERROR_S = 1.0  # the system tells start times from a boot time that is cut to whole seconds
_PREFLIGHT_S = 15.0
_SCENE_S = 8.0


@dataclass
class FleetWorld:
    """Implements the World protocol for the `targets` of a fleet.

    `state_folder` takes the output of services that we start. `redactor` cleans all text that becomes evidence; what
    the files and the references of the fleet hold, looked up in `environ`, is known to it before the first look.
    """

    fleet: Fleet
    targets: tuple[str, ...]
    state_folder: Path
    known_good: FileKnownGood
    redactor: Redactor
    environ: Mapping[str, str] = field(default_factory=dict[str, str])
    logs: LogTails = field(default_factory=LogTails)
    supervised: dict[str, Supervisor] = field(init=False)
    probes: dict[str, tuple[Probe, ...]] = field(init=False)
    latent: dict[str, Probe] = field(init=False)
    _probers: dict[str, Prober] = field(init=False)
    _begun: dict[str, float] = field(default_factory=dict[str, float])
    _unwell: tuple[str, ...] = ()
    _knows_secrets: bool = False
    _newest: Facts | None = None

    def __post_init__(self) -> None:
        output = self.state_folder / "output"
        self.supervised, self.probes, self._probers = {}, {}, {}
        for name, service in self.fleet.services.items():
            supervisor = supervisor_for(service, self.fleet.path, output, lambda s=service: digest_of(s.own_config))
            if supervisor is not None:
                self.supervised[name] = supervisor
            secret = partial(self.secret, name)
            self.probes[name] = tuple(probe_for(spec, name, supervisor, secret=secret) for spec in service.probes)
            self._probers[name] = Prober(self.probes[name])
        wanted = (self.fleet.services[name] for name in self.targets if name in self.fleet.services)
        self.latent = {service.name: LatentLook(service, partial(self.preflight, service.name)) for service in wanted}

    async def secret(self, service: str, name: str) -> str:
        """The value of a secret that the service declares, at the last moment. Raises Rejected for none."""
        return await secret_of(self.fleet.services[service], name, self.environ, self.redactor)

    async def check(self) -> Report:
        """The probes of the targets, and whether each would start again as it is configured now.

        Not settled while one of them, or what a red one needs, is still starting.
        """
        report = await self._look_whole()
        red = tuple(dict.fromkeys(reading.service for reading in report.failing if reading.service))
        young = {n: status for n in with_needs(self.fleet, red) if (status := await self._young(n))}
        if not young:
            return report
        if await self._is_pending(report, young):
            return report.model_copy(update={"settled": False})
        return await self._look_whole()  # one of them may have begun to listen after it was looked at

    async def _look_whole(self) -> Report:
        seen, sleeping = await asyncio.gather(
            self._look(self.targets), asyncio.gather(*(latent.look() for latent in self.latent.values()))
        )
        return Report(readings=(*seen.readings, *(self._clean(each) for each in sleeping if not each.ok)))

    async def check_neighbours(self) -> Report:
        """The probes of every other service; who is red here and tied to a target may be part of the trouble."""
        report = await self._look(tuple(service.name for service in self.fleet.neighbours(self.targets)))
        red = dict.fromkeys(reading.service for reading in report.failing if reading.service)
        tied = tied_to(self.fleet, self.targets)
        self._unwell = tuple(name for name in red if name in tied)
        return report

    async def _look(self, names: Iterable[str]) -> Report:
        if not self._knows_secrets:
            await self._learn_secrets()
        reports = await asyncio.gather(*(self._probers[name].look() for name in names))
        return Report(readings=tuple(self._clean(reading) for report in reports for reading in report.readings))

    async def _learn_secrets(self) -> None:
        """Commands are not run for it: those of references run when a tool needs their value."""
        services = self.fleet.services.values()
        refs = [ref for service in services for ref in service.secrets if ref.source != "command"]
        settings = (each for service in services for path in service.config for each in read_config(path).settings)
        for secret in (*secret_values(settings), *await known_values(refs, self.environ)):
            self.redactor.learn(secret)
        self._knows_secrets = True

    def _clean(self, reading: Reading) -> Reading:
        """What a service answers may hold a secret, and models read it."""
        text = self.redactor.text
        return reading.model_copy(update={"detail": text(reading.detail), "body": text(reading.body)})

    async def _is_pending(self, report: Report, young: Mapping[str, ServiceStatus]) -> bool:
        """A young service does not listen yet and was not reached. Where no process is known, its ports are not."""
        deaf = [name for name, status in young.items() if status.pid is None or not ports_of(status.pid)]
        needed = await self._look(name for name in deaf if name not in self.targets)
        return any(r.reach is Reach.NOBODY and r.service in deaf for r in (*report.failing, *needed.failing))

    async def _young(self, name: str) -> ServiceStatus | None:
        """The status of a service that runs and was started a moment ago, else None."""
        status = await self.status(name)
        if status is None or not status.running:
            return None
        started = self._begun.get(name) if status.started is None else status.started
        return status if started is not None and time.time() - started < STARTUP_S else None

    def note_start(self, name: str) -> None:
        """It is about to be started: old log lines count no more, and it may take a while to answer."""
        self._begun[name] = time.time()
        self.logs.mark(self.log_paths(self.fleet.services[name]))

    async def investigate(self, report: Report) -> Findings:
        """What a new picture says, redacted; `report` changes nothing, all around the targets is looked at."""
        del report
        self._newest = await self.facts()
        seen = findings(self._newest)
        return Findings(evidence=tuple(self._redacted(each) for each in seen.evidence), signs=seen.signs)

    async def trouble(self, report: Report, evidence: tuple[Evidence, ...]) -> Trouble:
        """By the picture that the last investigation took; the shape covers who is in trouble and what they need."""
        return trouble_in(await self.newest_facts(), report, evidence)

    def _redacted(self, evidence: Evidence) -> Evidence:
        return evidence.model_copy(update={"text": self.redactor.text(evidence.text)})

    async def survey(self) -> Mapping[str, str]:
        """The digest of every declared configuration file, or why it cannot be told; of what else services need, and
        of the folders on the way to it, the digest of their rights.
        """
        services = self.fleet.services.values()
        rights = dict(each for service in services for each in surveyed(service, self.fleet.folder))
        files = {path: _digest_at(path) for service in services for path in service.config}
        return {f"file:{path}": digest for path, digest in sorted((rights | files).items())}

    async def remember_good(self) -> None:
        """Keep the files of every service whose probes are green, each service by itself.

        Kept are also the rights of all that it needs, and the digests of small files among that. What a process does
        not run on is not proved by its being green. Being kept is no condition of being healed.
        """
        await asyncio.gather(*(self._remember(name, service) for name, service in self.fleet.services.items()))

    async def _remember(self, name: str, service: Service) -> None:
        report = await self._probers[name].look()
        if report.is_green and not is_stale(service, await self.status(name)):
            with suppress(Rejected, Transient, OSError):
                states = tuple(each.state for each in kept_paths(service, self.fleet.folder))
                await self.known_good.keep(self.good_name(name), _bytes_of(service.config), states)

    def good_name(self, service: str) -> str:
        """Under which name the service's known-good files are kept."""
        return f"{self.fleet.path}#{service}"

    async def status(self, name: str) -> ServiceStatus | None:
        """None when nothing supervises it, or its supervisor cannot be asked."""
        supervisor = self.supervised.get(name)
        try:
            return await supervisor.status() if supervisor else None
        except PrunellaError as error:
            return ServiceStatus(running=False, detail=str(error))

    async def preflight(self, name: str) -> CommandResult | None:
        """None when the service declares none, and its server brings none along that we know."""
        check = await asyncio.to_thread(check_of, self.fleet.services[name])
        if check is None:
            return None
        return await run_command(check.command, check.cwd, _PREFLIGHT_S, env=check.env)

    async def newest_facts(self) -> Facts:
        """The picture that the last investigation took; a new one when there was none in this process."""
        self._newest = self._newest or await self.facts()
        return self._newest

    async def facts(self) -> Facts:
        """One picture of all services; pre-flights run only where the trouble can lie.

        Its targets are those asked for, then the neighbours that are unwell.
        """
        fleet = self.fleet
        blank = Facts(
            fleet=fleet,
            targets=(*self.targets, *self._unwell),
            services={n: ServiceFacts(service=s) for n, s in fleet.services.items()},
        )
        near, services = within_reach(blank), fleet.services.values()
        pictures, references, asked, good = await asyncio.gather(
            asyncio.gather(*(self._picture(service, service.name in near) for service in services)),
            asyncio.gather(*(references_of(s, self.good_name(s.name), self.known_good) for s in services)),
            asyncio.gather(*(ask_server(fleet.services[name], self.environ, self.redactor) for name in near)),
            self.good_states(near),
        )
        told = dict(zip(near, asked, strict=True))
        scene = await self._scene({each.service.name: each for each in pictures}, near, good)
        seen = blank.model_copy(
            update={
                "services": {each.service.name: _with_scene(each, scene, told) for each in pictures},
                "listeners": scene.listeners,
                "references": tuple(reference for each in references for reference in each),
                "disks": scene.disks,
                "held": scene.held,
                "good_paths": tuple(good.values()),
            }
        )
        for secret in secrets_in(seen):
            self.redactor.learn(secret)
        return seen

    async def good_states(self, names: Iterable[str]) -> Mapping[Path, FileState]:
        """How the files and folders of these services lay there on a better day."""
        found = await asyncio.gather(*(self.known_good.newest_states(self.good_name(name)) for name in names))
        return {state.path: state for states in found for state in states}

    async def _scene(
        self, pictures: Mapping[str, ServiceFacts], near: tuple[str, ...], good: Mapping[Path, FileState]
    ) -> Scene:
        """An empty one where the system does not answer in time: a file system may hang."""
        statuses = {name: picture.status for name, picture in pictures.items()}
        logs = {name: self.log_paths(service) for name, service in self.fleet.services.items()}
        try:
            async with asyncio.timeout(_SCENE_S):
                processes = await asyncio.to_thread(Processes)
                folders = {each.supervisor.cwd.resolve() for each in self.fleet.services.values() if each.supervisor}
                roots = await roots_of(self.supervised, statuses, processes, folders)
                sight = Sight(pictures, near, roots, logs, good, self.fleet.folder)
                return await asyncio.to_thread(look_around, sight, processes)
        except (TimeoutError, OSError):
            return Scene()

    async def _picture(self, service: Service, is_near: bool) -> ServiceFacts:
        status = await self.status(service.name)
        lines = [line for path in self.log_paths(service) for line in self.logs.read(path)]
        return ServiceFacts(
            service=service,
            status=status,
            files=tuple(read_config(path) for path in service.config),
            log=tuple(lines),
            preflight=await self.preflight(service.name) if is_near else None,
            is_stale=is_stale(service, status),
        )

    def log_paths(self, service: Service) -> tuple[Path, ...]:
        """The declared logs, and what the process itself prints."""
        supervisor = self.supervised.get(service.name)
        printed = (getattr(supervisor, "output", None), *getattr(supervisor, "outputs", ()))
        return tuple(dict.fromkeys((*service.logs, *(path for path in printed if isinstance(path, Path)))))


def _with_scene(
    picture: ServiceFacts, scene: Scene, told: Mapping[str, tuple[ServerFact, ...]]
) -> ServiceFacts:  # fmt: skip
    name = picture.service.name
    server = (*told.get(name, ()), *scene.amiss.get(name, ()))
    return picture.model_copy(update={"paths": scene.paths.get(name, ()), "server": server})


def tied_to(fleet: Fleet, names: Iterable[str]) -> frozenset[str]:
    """Those that need one of `names` or are needed by one, directly or not; the rest is nobody's business here."""
    services = fleet.services
    down, up = set(names), set(names)
    for _ in services:
        down |= {need for name in down for need in services[name].needs}
        up |= {name for name, service in services.items() if up & set(service.needs)}
    return frozenset(down | up)


def digest_of(paths: Iterable[Path]) -> str:
    """Equal when all files hold the same bytes; a file that cannot be read counts as absent."""
    whole = hashlib.sha256()
    for path, data in sorted(_bytes_of(paths).items()):
        whole.update(f"{path}\0{len(data)}\0".encode() + data)
    return whole.hexdigest()[:24]


def is_stale(service: Service, status: ServiceStatus | None) -> bool | None:
    """True when the files on disk are not what the process started with; None when that cannot be told."""
    if status is None or not status.running or not service.own_config:
        return None
    if status.config is not None:
        return status.config != digest_of(service.own_config)
    if status.started is None:
        return None
    since = status.started + START_TIME_ERROR_S
    return any(path.exists() and path.stat().st_mtime > since for path in service.own_config)


def _digest_at(path: Path) -> str:
    try:
        return state_of(path).digest
    except Rejected as error:
        return f"unreadable: {error}"


def _bytes_of(paths: Iterable[Path]) -> dict[Path, bytes]:
    found: dict[Path, bytes] = {}
    for path in paths:
        try:
            found[path] = read_bytes(path)
        except PrunellaError:
            continue
    return found
