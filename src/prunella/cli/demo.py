"""`prunella demo`: a small real shop, a fault, the real heal, and a judge from outside."""

import asyncio
import json as json_format
import tempfile
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from rich.markup import escape

from prunella.cli.exits import Exit
from prunella.cli.heal import Wanted, heal_now
from prunella.cli.screen import Screen
from prunella.demo.faults import FAULTS, Fault, fault_named, random_fault
from prunella.demo.stage import GOAL, Stage, staged
from prunella.domain.run import RunRecord, Verdict
from prunella.errors import Misuse
from prunella.nearest import nearest
from prunella.redaction.redactor import Redactor
from prunella.wiring.settings import Settings

_FIRST = "wrong-port"


def show_faults(*, json: bool) -> Exit:
    """The faults by name, and how each must end."""
    if json:
        for fault in FAULTS:
            print(json_format.dumps({"name": fault.name, "description": fault.description, "ending": fault.ending}))
        return Exit.DONE
    screen, widths = Screen(), (max(len(f.name) for f in FAULTS), max(len(f.description) for f in FAULTS))
    screen.say(f"[dim]{'fault':<{widths[0]}}  {'what is broken':<{widths[1]}}  must end[/]")
    for fault in FAULTS:
        ending = fault.ending.replace("_", " ")
        screen.say(f"{fault.name:<{widths[0]}}  {fault.description:<{widths[1]}}  {ending}")
    screen.say("\n[dim]prunella demo --fault NAME, or --seed N for a random variant[/]")
    return Exit.DONE


def run_demo(name: str, seed: int | None, brains: tuple[str, ...], keep: Path | None, *, json: bool) -> Exit:
    """Exit 0 when the heal ended as it should, by the judgement of a process that is no part of it."""
    fault = _chosen(name, seed)
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise Misuse(f"{keep} is not empty. Give --keep a new folder.")
    with nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory(prefix="prunella-demo-") as folder:
        return asyncio.run(_play(fault, seed or 0, Path(folder).resolve(), brains, keep=keep is not None, json=json))


def _chosen(name: str, seed: int | None) -> Fault:
    if not name:
        return random_fault(seed) if seed is not None else _known(_FIRST)
    return _known(name)


def _known(name: str) -> Fault:
    fault = fault_named(name)
    if fault is None:
        names = tuple(each.name for each in FAULTS)
        raise Misuse(f'There is no fault "{name}". Did you mean {", ".join(nearest(name, names) or names)}?')
    return fault


async def _play(fault: Fault, seed: int, folder: Path, brains: tuple[str, ...], *, keep: bool, json: bool) -> Exit:
    screen = Screen(quiet=json)
    settings = replace(Settings.from_environment(), home=folder / "prunella-state")
    screen.busy("building a small shop: gateway → payments → ledger")
    try:
        async with staged(fault, seed, folder / "shop") as stage:
            screen.idle()
            screen.say(f"[bold]demo[/] · {escape(fault.name)}: {escape(fault.description)}")
            done = Redactor().text("; ".join(stage.injection.said))
            screen.say(f"[dim]done to the shop: {escape(done)}[/]")
            screen.say(f'[dim]$ prunella heal "{GOAL}"[/]\n')
            wanted = Wanted(goal=GOAL, fleet=stage.shop.folder / "prunella.toml", brains=brains, json=json)
            ended = await heal_now(wanted, settings)
            code = _judge(stage, ended, screen, json=json)
        screen.say(f"[dim]{escape(_what_is_left(folder, keep=keep))}[/]")
        return code
    finally:
        screen.idle()


def _what_is_left(folder: Path, *, keep: bool) -> str:
    """The shop is closed now; where its files and its runs are."""
    if not keep:
        return "The shop is closed and gone. With --keep DIR it stays, and `prunella undo` can be tried on it."
    home = f"PRUNELLA_HOME={folder / 'prunella-state'}"
    return f"The shop is closed; it lies in {folder / 'shop'}.  {home} prunella explain | undo last"


def _judge(stage: Stage, ended: RunRecord, screen: Screen, *, json: bool) -> Exit:
    verdict = "healed" if ended.verdict is Verdict.ACHIEVED else str(ended.verdict)
    problems = stage.verdict_ok(verdict)
    if json:
        print(json_format.dumps({"fault": stage.fault.name, "verdict": verdict, "problems": problems}))
    for problem in problems:
        screen.say(f"[red]✘ judged from outside: {escape(problem)}[/]")
    if not problems:
        screen.say("\n[green]✔[/] [dim]judged from outside, by a process that is no part of it: as it should be[/]")
    return Exit.FAILED if problems else Exit.DONE
