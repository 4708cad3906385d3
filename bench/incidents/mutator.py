"""Thousands of small mistakes in the fleet's own configuration files, from a seed, each with its known inverse.

After ConfErr (Keller, Upadhyaya, Candea, DSN 2008): slips of the fingers, of the mind and of knowledge. The same seed
draws the same mistakes on every fleet: ports, folder and secrets are the same for the draw, and the fleet's own after.
"""

import asyncio
import json
import xmlrpc.client
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from random import Random

from bench.incidents.cases.means import editing
from bench.incidents.fleet.texts import Site, files_of
from bench.incidents.healthy import in_ledger
from bench.incidents.incident import Change, Incident
from bench.incidents.laying import binaries
from bench.incidents.mutator_hunks import Hunk, apply, hunks
from bench.incidents.mutator_kinds import Mutation, draw
from bench.incidents.ports import Ports
from bench.incidents.yard import Variant, Yard

_FOLDER, _PORTS = Path("/srv/fleet"), Ports(21_480)
_SECRETS = {
    name: f"{number}0c1e5ab77d24f{number}e93b81a6"
    for number, name in enumerate(("db_payments", "db_ledger", "db_operator", "db_postgres", "redis_password", "token"))
}
_LOOKS, _PAUSE_S = 3, 1.5
_NO_CONFIGURATION = (".html", ".css", "pg_ident.conf")
_PAGES = {"/": 200, "/catalog": 200, "/auth/login?user=anna": 200, "/auth/login": 401, "/fraud/health": 200}


@dataclass
class Sifted:
    """How many mutants were drawn, and why some are of no use, by kind."""

    drawn: Counter[str] = field(default_factory=Counter[str])
    unseen: Counter[str] = field(default_factory=Counter[str])
    misfit: Counter[str] = field(default_factory=Counter[str])


def mutants(count: int, seed: int, variant: Variant = "plain") -> Iterator[Incident]:
    """`count` different ones, as drawn: which of them anybody would notice, `visible` tells once they are injected."""
    texts = _texts(variant)
    known: set[tuple[str, str, int | None]] = set()
    number = 0
    while len(known) < count:
        mutation = draw(texts, Random(f"mutant {seed} {number}"))
        number += 1
        if (mark := (mutation.file, mutation.text, mutation.mode)) not in known:
            known.add(mark)
            yield _incident(f"MUT-{seed}-{number:04d}", mutation, texts[mutation.file], variant)


def _texts(variant: Variant) -> Mapping[str, str]:
    """The files of a fleet that nobody has: the same for every seed on every machine."""
    users = {"postgres": "postgres", "edge": "nobody nogroup", "supervisord": "root"}
    found = files_of(Site(_FOLDER, _PORTS, _SECRETS, users, binaries(), variant))
    return {name: text for name, text in found.items() if not name.endswith(_NO_CONFIGURATION)}


async def sift(
    yard: Yard, incidents: Iterator[Incident], reset: Callable[[Yard], Awaitable[None]], sifted: Sifted
) -> AsyncIterator[Incident]:
    """Those that show, tried one after the other on a fleet that `reset` heals; the others are counted in `sifted`."""
    for incident in incidents:
        sifted.drawn[incident.family] += 1
        try:
            await incident.inject(yard)
        except LookupError:
            sifted.misfit[incident.family] += 1
            continue
        seen = await visible(yard)
        await reset(yard)
        if seen:
            yield incident
        else:
            sifted.unseen[incident.family] += 1


async def visible(yard: Yard) -> list[str]:
    """What a customer or an operator would notice, and still does after a while: a start takes its time."""
    for _ in range(_LOOKS - 1):
        if not await _noticed(yard):
            return []
        await asyncio.sleep(_PAUSE_S)
    return await _noticed(yard)


async def _noticed(yard: Yard) -> list[str]:
    """Payments, pages, the ledger, programs that do not run."""
    journey = await yard.journey(6)
    if journey.failures:
        return journey.failures[:1]
    pages = {path: (await yard.get(path))[0] for path in _PAGES}
    wrong = [f"GET {path} answered {status}" for path, status in pages.items() if status != _PAGES[path]]
    plain, _ = await yard.get("/", tls=False)
    wrong += [f"GET / without TLS answered {plain}"] if plain != 200 else []
    down = [f"{name} is {state}" for name, state in (await yard.status()).items() if state != "RUNNING"]
    if wrong or down:
        return wrong + down
    missing = await in_ledger(yard, [each.reference for each in journey.payments], 4.0)
    return [f"{len(missing)} payments are not in the ledger"] if missing else []


def _own(yard: Yard, text: str) -> str:
    """With the yard's own folder, ports and secrets; what a mistake made of such a name stays as it is."""
    secrets = {there: yard.secret(name.removesuffix("_password")) for name, there in _SECRETS.items()}
    ports = {str(there): str(here) for there, here in zip(_PORTS.all, yard.ports.all, strict=True)}
    for there, here in {**secrets, **ports, str(_FOLDER): str(yard.folder)}.items():
        text = text.replace(there, here)
    return text


def _incident(name: str, mutation: Mutation, common: str, variant: Variant) -> Incident:
    file = mutation.file
    changes = hunks(common, mutation.text)

    async def inject(yard: Yard) -> None:
        """Kept aside as it was; then got wrong, and taken over as the next restart would."""
        path = yard.path(file)
        text, mode = yard.read(file), path.stat().st_mode & 0o7777
        mutated = apply(text, [_fitted(yard, each) for each in changes])
        (yard.outside / "mutated.json").write_text(json.dumps({"text": text, "mode": mode}), encoding="utf-8")
        yard.write(file, mutated)
        if mutation.mode is not None:
            path.chmod(mutation.mode)
        await _take_over(yard, file)

    async def reference(yard: Yard) -> None:
        was = json.loads((yard.outside / "mutated.json").read_text(encoding="utf-8"))
        yard.write(file, was["text"])
        yard.path(file).chmod(was["mode"])
        await _take_over(yard, file)

    return Incident(
        id=name,
        family=mutation.kind,
        title=mutation.said,
        services=(_service(file),),
        inject=inject,
        reference=reference,
        cause=_cause(mutation),
        allowed=Change(files=(file,), modes=(file,) if mutation.mode is not None else ()),
        symptom=visible,
        variant=variant,
        approves=editing(file),
    )


def _fitted(yard: Yard, change: Hunk) -> Hunk:
    before, after = (tuple(_own(yard, line) for line in lines) for lines in (change.before, change.after))
    return Hunk(change.at, _own(yard, change.above), before, after)


def _cause(mutation: Mutation) -> tuple[tuple[str, ...], ...]:
    name = PurePath(mutation.file).name
    if mutation.mode is not None:
        return ((name, "mode"), (name, "permission"))
    if name == "pg_hba.conf":
        return ((name,),)
    return ((name, mutation.key.rpartition(".")[2].strip('"')),)


def _service(file: str) -> str:
    """Whose file it is; of the fleet's own ones: payments, which is what customers see of them."""
    owner = PurePath(file).parts[0]
    return "payments" if owner in {"etc", "supervisor"} else owner


async def _take_over(yard: Yard, file: str) -> None:
    """As the next restart of the service would take it; supervisord where it can read its own."""
    owner = PurePath(file).parts[0]
    if owner == "supervisor":
        with suppress(xmlrpc.client.Fault):
            await yard.update()
    elif owner != "etc":
        await yard.restart(owner)
