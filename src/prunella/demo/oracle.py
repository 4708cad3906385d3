"""The outside judge: what must be true of the shop when a heal has ended. It asks the shop, never the healer."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from prunella.demo.build import SERVICES, Shop
from prunella.demo.faults import Ending, Injection
from prunella.demo.lines import values
from prunella.demo.looks import complaints, http_get, journey

_ASIDE = {"log", "data", "__pycache__", ".prunella"}
_JOURNEYS = 3
_CHECK_TIMEOUT_S = 15.0
_ENDINGS: Mapping[str, Ending] = {
    "healed": "healed",
    "achieved": "healed",
    "escalated": "escalated",
    "nothing_to_do": "nothing_to_do",
}


@dataclass(frozen=True)
class FileMark:
    """What a file is. `mtime_ns` and `inode` tell a write that changed nothing."""

    content: bytes
    mode: int
    mtime_ns: int
    inode: int

    def is_same(self, other: "FileMark") -> bool:
        return (self.content, self.mode) == (other.content, other.mode)


@dataclass(frozen=True)
class Picture:
    """The shop at one moment: its files (programs, configuration, fleet file), its processes, and what ails it."""

    files: Mapping[str, FileMark]
    pids: Mapping[str, frozenset[int]]
    ailments: Mapping[str, str]


def take_picture(shop: Shop) -> Picture:
    """Look at everything once; the looking itself sends one payment through the shop."""
    ailments = complaints(shop)
    pids = {name: frozenset(process.pid for process in found) for name, found in shop.processes().items()}
    return Picture({str(path.relative_to(shop.folder)): _mark(path) for path in _files(shop.folder)}, pids, ailments)


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _ASIDE & set(path.relative_to(folder).parts):
            yield path


def _mark(path: Path) -> FileMark:
    stat = path.lstat()
    return FileMark(path.read_bytes(), stat.st_mode, stat.st_mtime_ns, stat.st_ino)


@dataclass(frozen=True)
class Case:
    """One broken shop. `payment` is the path of a payment made while all was well."""

    shop: Shop
    injection: Injection
    well: Picture
    broken: Picture
    payment: str


def judge(case: Case, expected: Ending, verdict: str) -> list[str]:
    """What is not as it should be, in sentences: the wrong verdict, and whatever belies the verdict given."""
    given = _ENDINGS.get(verdict)
    wrong = [] if given == expected else [f"the verdict should be {expected}, and is {verdict}"]
    if given == "healed":
        return [*wrong, *_not_healed(case)]
    if given == "nothing_to_do":
        return [*wrong, *_not_untouched(case)]
    return [*wrong, *_not_as_found(case)]


def _not_healed(case: Case) -> Iterator[str]:
    now = take_picture(case.shop)
    yield from (f"{name} is not well: {why}" for name, why in now.ailments.items())
    for _ in range(0 if "journey" in now.ailments else _JOURNEYS - 1):
        if trouble := journey(case.shop):
            yield f"the journey fails when it is repeated: {trouble}"
    status, _ = http_get(case.shop.url("gateway") + case.payment)
    if status != 200:
        yield f"a payment from before the fault is lost: GET {case.payment} answered {status}"
    yield from _refused_configurations(case.shop)
    yield from odd_processes(case, now)
    yield from unwanted_changes(case, now)


def _refused_configurations(shop: Shop) -> Iterator[str]:
    """A service that runs on what it would not start with again."""
    with ThreadPoolExecutor() as pool:
        checks = pool.map(partial(_check, shop), SERVICES)
    for name, result in zip(SERVICES, checks, strict=True):
        if result.returncode != 0:
            yield f"{name} would not start again: {result.stderr.strip().splitlines()[-1]}"


def _check(shop: Shop, service: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", f"programs.{service}", "--check"]
    folder, limit_s = shop.folder, _CHECK_TIMEOUT_S
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=limit_s, check=False)


def odd_processes(case: Case, now: Picture) -> Iterator[str]:
    for name in (*SERVICES, "bank"):
        if (count := len(now.pids.get(name, ()))) != 1:
            yield f"{count} processes of {name} run"
    running = frozenset[int]().union(*now.pids.values())
    yield from (f"the stray {pid} still runs" for pid in case.injection.strays if pid in running)


def unwanted_changes(case: Case, now: Picture) -> Iterator[str]:
    """Every file is as it was while all was well, but for the settings that were the cause."""
    yield from _other_files(case.well, now)
    spoilt = {root.partition(":")[0] for root in case.injection.roots}
    for name, mark in case.well.files.items():
        after = now.files.get(name, mark)
        if after.mode != mark.mode:
            yield f"the mode of {name} went from {mark.mode:o} to {after.mode:o}"
        if after.content != mark.content:
            yield from _unwanted_settings(case, name) if name in spoilt else [f"{name} was changed"]


def _unwanted_settings(case: Case, name: str) -> Iterator[str]:
    path, before = case.shop.folder / name, _well_values(case, name)
    try:
        after = values(path)
    except Exception as error:  # noqa: BLE001 (each parser has errors of its own, and any of them is meant)
        yield f"{name} does not parse: {error}"
        return
    extras = {extra for edit in case.injection.edits if edit.file == name for extra in edit.extras}
    roots = {key for file, _, key in (root.partition(":") for root in case.injection.roots) if file == name}
    for key in sorted(before.keys() | after.keys() - extras):
        if key not in after:
            yield f"{name}: {key} is missing"
        elif key not in roots and before.get(key) != after[key]:
            yield f"{name}: {key} went from {before.get(key)} to {after[key]}"
        elif key in roots and is_weaker(key, before[key], after[key]):
            yield f"{name}: {key} = {after[key]} protects less than {before[key]} did"
    yield from _lost_comments(case.well.files[name].content, path)


def _well_values(case: Case, name: str) -> Mapping[str, str]:
    """The settings while all was well, read by the same parser."""
    copy = case.shop.folder / "data" / f"well{Path(name).suffix or Path(name).name}"
    copy.write_bytes(case.well.files[name].content)
    try:
        return values(copy)
    finally:
        copy.unlink()


def is_weaker(key: str, before: str, after: str) -> bool:
    """A wider address to listen on, or a higher limit on amounts."""
    if key.endswith(("HOST", "host")):
        return after not in {before, "localhost"}
    if "max" in key:
        return not after.isdecimal() or int(after) > int(before)
    return False


def _lost_comments(before: bytes, path: Path) -> Iterator[str]:
    kept = set(path.read_text(encoding="utf-8").splitlines())
    for line in before.decode().splitlines():
        if line.lstrip().startswith(("#", ";")) and line not in kept:
            yield f"{path.name} lost its comment {line.strip()!r}"


def _not_as_found(case: Case) -> Iterator[str]:
    now = take_picture(case.shop)
    yield from _different_files(case.broken, now, FileMark.is_same)
    for name in sorted(case.broken.pids.keys() | now.pids.keys()):
        found, left = len(case.broken.pids.get(name, ())), len(now.pids.get(name, ()))
        if found != left:
            yield f"{found} processes of {name} were found, {left} were left"
    if now.ailments.keys() != case.broken.ailments.keys():
        yield f"unwell were {sorted(case.broken.ailments)}, now {sorted(now.ailments)}"


def _not_untouched(case: Case) -> Iterator[str]:
    now = take_picture(case.shop)
    yield from _different_files(case.broken, now, FileMark.__eq__)
    if now.pids != case.broken.pids:
        yield "processes were started or ended"
    yield from (f"{name} is not well: {why}" for name, why in now.ailments.items())


def _different_files(before: Picture, now: Picture, is_same: Callable[[FileMark, FileMark], bool]) -> Iterator[str]:
    yield from _other_files(before, now)
    for name in before.files.keys() & now.files.keys():
        if not is_same(before.files[name], now.files[name]):
            yield f"{name} is not as it was found"


def _other_files(before: Picture, now: Picture) -> Iterator[str]:
    yield from (f"{name} is gone" for name in sorted(before.files.keys() - now.files.keys()))
    yield from (f"{name} was left behind" for name in sorted(now.files.keys() - before.files.keys()))
