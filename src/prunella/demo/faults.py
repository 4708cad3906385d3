"""The faults: what is done to a healthy shop, and how a good repair must end."""

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Literal

from prunella.demo import edits, spoils
from prunella.demo.build import Shop
from prunella.demo.edits import Edit
from prunella.demo.spoils import Spoil

Ending = Literal["healed", "escalated", "nothing_to_do"]


@dataclass(frozen=True)
class Injection:
    """What was done. `roots` name the root causes as `file:setting` or `process:service`.

    `edits` are the spoilt files that lie on the disk now; `strays` the pids that must be gone in the end.
    """

    said: tuple[str, ...]
    roots: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    strays: tuple[int, ...] = ()


Inject = Callable[[Shop, Random], Awaitable[Injection]]


@dataclass(frozen=True)
class Fault:
    """One way to break the shop. `description` is one line for the list; `ending` what must come of a heal."""

    name: str
    description: str
    ending: Ending
    inject: Inject


def spoiling(*ways: Spoil) -> Inject:
    """One of `ways` is written to the disk, and its service restarted on it."""

    async def inject(shop: Shop, rng: Random) -> Injection:
        return await spoil(shop, rng.choice(ways)(shop, rng))

    return inject


async def spoil(shop: Shop, *done: Edit) -> Injection:
    """Write every edit and restart the services whose files they are."""
    for edit in done:
        (shop.folder / edit.file).write_text(edit.text, encoding="utf-8")
    for service in dict.fromkeys(edit.service for edit in done):
        await shop.restart(service)
    roots = tuple(root for edit in done for root in edit.roots)
    return Injection(tuple(edit.said for edit in done), roots, done)


async def two_faults(shop: Shop, rng: Random) -> Injection:
    """A wrong upstream, and something illegal in another file: the first repair alone turns no probe green."""
    first = spoils.wrong_upstream(shop, rng)
    second = first
    while second.file == first.file:
        second = rng.choice([spoils.illegal_number, spoils.illegal_choice])(shop, rng)
    return await spoil(shop, first, second)


async def settings_disagree(shop: Shop, rng: Random) -> Injection:
    injection = await spoil(shop, spoils.settings_disagree(shop, rng))
    either = ("payments/payments.yaml:ledger_api", "ledger/ledger.ini:ledger.api")
    return Injection(injection.said, either, injection.edits)


async def stopped(shop: Shop, rng: Random) -> Injection:
    service = rng.choice(["payments", "payments", "ledger", "gateway"])
    await shop.supervisor(service).stop()
    return Injection((f"{service} was stopped",), (f"process:{service}",))


async def address_in_use(shop: Shop, rng: Random) -> Injection:
    """An instance that hangs holds the port, so that the next one could not start."""
    del rng
    strays = tuple(process.pid for process in shop.processes()["payments"])
    for pid in strays:
        os.kill(pid, signal.SIGSTOP)
    await shop.start_beside("payments")
    said = f"an instance of payments hangs and holds port {shop.ports['payments']}"
    return Injection((said,), ("process:payments",), strays=strays)


async def revoked_key(shop: Shop, rng: Random) -> Injection:
    """The bank takes another key from now on, or is down; nobody here knows the key, or can start the bank."""
    shop.stop_bank()
    if rng.random() < 0.25:
        return Injection(("the bank is down",), ("outside:bank",))
    await shop.start_bank(f"bk_live_{rng.getrandbits(96):024x}")
    said = "the bank has revoked the key that payments has"
    if rng.random() < 0.5:
        return Injection((said,), ("outside:bank",))
    mistyped = edits.valued(shop, edits.ENV, "BANK_API_KEY", f"bk_live_{rng.getrandbits(96):024x}")
    injection = await spoil(shop, mistyped)
    return Injection((said, *injection.said), ("outside:bank",), injection.edits)


async def healthy(shop: Shop, rng: Random) -> Injection:
    """Nothing is wrong, whatever an old log says."""
    if rng.random() < 0.5:
        return Injection(("nothing was broken",))
    old = "2024-02-29 03:12:44,101 ERROR payments: [Errno 111] Connection refused. Check if PORT is set to 8080.\n"
    path = shop.log("payments")
    path.write_text(old * 40 + path.read_text(encoding="utf-8"), encoding="utf-8")
    return Injection(("nothing was broken; the log is full of old errors",))


FAULTS: tuple[Fault, ...] = (
    Fault("wrong-port", "payments listens on another port", "healed", spoiling(spoils.wrong_port)),
    Fault("wrong-upstream", "payments looks for the ledger elsewhere", "healed", spoiling(spoils.wrong_upstream)),
    Fault("illegal-value", "a value that a program refuses", "healed", spoiling(spoils.illegal_value)),
    Fault("wrong-value", "a legal value that is not meant", "healed", spoiling(spoils.wrong_value)),
    Fault("missing-key", "a setting is left out", "healed", spoiling(spoils.missing_key)),
    Fault("typo-key", "the name of a setting is misspelt", "healed", spoiling(spoils.typo_key)),
    Fault("broken-yaml", "a YAML file that does not parse", "healed", spoiling(spoils.broken_yaml)),
    Fault("settings-disagree", "two services speak different versions", "healed", settings_disagree),
    Fault("two-faults", "a wrong upstream and an illegal value", "healed", two_faults),
    Fault("stopped", "a service is stopped", "healed", stopped),
    Fault("crash-loop", "a value that dies at each start", "healed", spoiling(spoils.crash_loop)),
    Fault("address-in-use", "a stray instance holds the port", "healed", address_in_use),
    Fault(
        "neighbour-trap",
        "the obvious repair breaks a neighbour",
        "healed",
        spoiling(spoils.other_currency, spoils.wrong_link, spoils.taken_port),
    ),
    Fault("unrepairable", "the bank refuses, and nobody here can help", "escalated", revoked_key),
    Fault("healthy", "nothing is wrong", "nothing_to_do", healthy),
)

_RANDOM: dict[str, Inject] = {
    "moved-port": spoiling(spoils.moved_port),
    "lost-upstream": spoiling(spoils.lost_upstream),
    "broken-file": spoiling(spoils.broken_file),
} | {fault.name: fault.inject for fault in FAULTS if fault.ending == "healed"}


def fault_named(name: str) -> Fault | None:
    """None when there is none of that name; see `FAULTS`."""
    return next((fault for fault in FAULTS if fault.name == name), None)


def random_fault(seed: int) -> Fault:
    """A repairable fault; the same for the same seed, given a shop of the same seed."""
    name = Random(f"fault {seed}").choice(sorted(_RANDOM))
    return Fault(f"random-{seed}", f"a variant of {name}", "healed", _RANDOM[name])
