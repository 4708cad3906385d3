"""`make bench-model URL=http://127.0.0.1:8080/v1`: our runs, then the rivals'. What it writes down can be resumed."""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from bench.model.contest import MENDING, MOST_STEPS, RIVALS, Contender, cache_folder, compete, rivals_python
from bench.model.mixture import ALONE, MIXED, print_mixture, roles_for
from bench.model.ours import heal, read_report
from bench.model.runs import OURS, Ended, Run, append, read_runs, run_of
from bench.model.scores import Told, claim_of, score
from bench.model.situations import Situation, found, situations
from bench.model.tables import print_runs
from bench.model.tools import GIVEN
from prunella.demo.stage import Stage
from prunella.errors import Misuse

_RIVAL_RUNS, _MIXTURE_RUNS = 8, 3


def main() -> int:
    given = _parser().parse_args()
    try:
        _require_server(given.url)
        given.out.parent.mkdir(parents=True, exist_ok=True)
        if not given.resume:
            given.out.unlink(missing_ok=True)
        asyncio.run(_interruptible(given))
    except Misuse as error:
        print(error, file=sys.stderr)
        return 2
    except asyncio.CancelledError:
        return 130
    return 0


async def _interruptible(given: argparse.Namespace) -> None:
    """Ctrl-C and SIGTERM end the run in hand, its shop and its contender with it."""
    task = asyncio.ensure_future(_all(given))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    await task


async def _all(given: argparse.Namespace) -> None:
    if given.mixture:
        contenders = [ALONE, MIXED]
    else:
        rivals: list[str] = [] if given.rivals == "none" else given.rivals.split(",")
        contenders = ([OURS] if not given.no_ours else []) + _in_turns(rivals)
        if rivals:
            _require_rivals(rivals)
            await asyncio.to_thread(rivals_python)
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"load {load:.1f} on {cores} cores; runs are written to {given.out}", file=sys.stderr)
    for contender in contenders:
        for each in situations(_runs_of(contender, given), given.only):
            await _once(contender, each, given)
    runs = read_runs(given.out)
    if given.mixture and not given.json:
        print_mixture(runs, is_same=given.mixture == given.url)
    else:
        print_runs(runs, as_json=given.json)
        if not given.json and any(_is_rival(each.contender) for each in runs):
            print(
                f"rivals had {', '.join(GIVEN)}; {MOST_STEPS} calls of the model, {given.limit_s:g} s; their prompt is"
            )
            print("SYSTEM in bench/model/contest.py. Ours had the tools and limits of a heal, and as many seconds.")


def _in_turns(rivals: Sequence[str]) -> list[str]:
    return [Contender(rival, mends).name for rival in rivals for mends in (False, True)]


def _runs_of(contender: str, given: argparse.Namespace) -> int:
    if given.mixture:
        return min(given.runs, _MIXTURE_RUNS)
    return given.runs if contender == OURS else min(given.runs, given.rival_runs)


async def _once(contender: str, situation: Situation, given: argparse.Namespace) -> None:
    """One run, written down when it ends; what was written down before is left out."""
    done = read_runs(given.out)
    if any((each.contender, each.situation) == (contender, situation.name) for each in done):
        return
    with tempfile.TemporaryDirectory(prefix="prunella-bench-") as temporary:
        folder = given.keep or Path(temporary)
        own = folder / contender.replace(" ", "-") / situation.name.replace("/", "-")
        shutil.rmtree(own, ignore_errors=True)  # of a run that was cut off
        own.mkdir(parents=True)
        try:
            run = await _play(contender, situation, own, given)
        except (Misuse, OSError, subprocess.SubprocessError) as error:  # a fault that does not show, a machine too busy
            print(f"{contender} {situation.name}: left out, {error}", file=sys.stderr, flush=True)
            return
    append(run, given.out)
    print(f"{len(done) + 1} {run}", file=sys.stderr, flush=True)


async def _play(contender: str, situation: Situation, folder: Path, given: argparse.Namespace) -> Run:
    async with found(situation, folder / "shop") as stage:
        ended = await _carried_out(contender, stage, folder, given)
        told = Told(claim_of(ended.text), ended.text) if _is_rival(contender) else read_report(ended.text)
        return run_of(contender, situation, await asyncio.to_thread(score, stage, told), ended)


def _is_rival(contender: str) -> bool:
    return contender.removesuffix(MENDING) in RIVALS


async def _carried_out(contender: str, stage: Stage, folder: Path, given: argparse.Namespace) -> Ended:
    if _is_rival(contender):
        rival = Contender(contender.removesuffix(MENDING), contender.endswith(MENDING))
        return await compete(rival, stage, folder, given.url, given.limit_s)
    if contender == OURS:
        return await heal(stage, folder, [given.url], given.limit_s)
    return await _with_roles(contender, stage, folder, given)


async def _with_roles(contender: str, stage: Stage, folder: Path, given: argparse.Namespace) -> Ended:
    """The fleet file names the brains for as long as the heal lasts."""
    path = stage.shop.fleet_path
    before, state = path.read_bytes(), path.stat()
    path.write_bytes(before + roles_for(contender, given.mixture, given.url).encode())
    try:
        return await heal(stage, folder, [], given.limit_s)
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def _require_rivals(rivals: Sequence[str]) -> None:
    if unknown := [each for each in rivals if each not in RIVALS]:
        raise Misuse(f"There is no rival {unknown[0]!r} here. Known: {', '.join(RIVALS)}, or none.")


def _require_server(url: str) -> None:
    """Raises Misuse when no OpenAI-compatible server answers there."""
    if not url.startswith(("http://", "https://")):
        raise Misuse(f"{url!r} is no URL. Give that of an OpenAI-compatible server, such as http://127.0.0.1:8080/v1.")
    try:
        with urllib.request.urlopen(f"{url}/models", timeout=30):  # noqa: S310 (the operator's own URL)
            return
    except OSError as error:
        raise Misuse(f"No model server answers at {url}/models: {error}. Start one, and give its URL.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.model", description=__doc__)
    parser.add_argument("url", help="an OpenAI-compatible server, such as http://127.0.0.1:8080/v1")
    parser.add_argument("--runs", type=int, default=40, help="how many of ours")
    parser.add_argument("--rival-runs", type=int, default=_RIVAL_RUNS, help="how many of each rival, each way")
    parser.add_argument("--only", default="", metavar="FAULT", help="this fault alone")
    parser.add_argument("--rivals", default=",".join(RIVALS), help="some of them, or none")
    parser.add_argument("--no-ours", action="store_true", help="the rivals alone")
    parser.add_argument(
        "--mixture", default="", metavar="LARGE_URL", help="a large model plans and URL acts, beside it"
    )
    parser.add_argument("--limit-s", type=float, default=150.0, help="for one run of anybody")
    parser.add_argument("--out", type=Path, default=cache_folder() / "model-runs.jsonl", help="where runs are kept")
    parser.add_argument("--resume", action="store_true", help="go on with what is there")
    parser.add_argument("--keep", type=Path, help="a folder that keeps shops, events and logs of all runs")
    parser.add_argument("--json", action="store_true", help="one JSON object a run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
