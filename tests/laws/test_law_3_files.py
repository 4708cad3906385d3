"""Law 3 on real files through the real tools: bytes, mode, owner and link come back, whatever failed and whenever it
died; and what a human changed meanwhile is not overwritten.
"""

import os
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import strategies as st

from prunella.configs.known_good import FileKnownGood
from prunella.domain.evidence import Observation
from prunella.domain.frozen import JsonValue
from prunella.domain.goal import Goal
from prunella.domain.plan import Plan, Step
from prunella.domain.run import Verdict
from prunella.fleet.file import load_fleet
from prunella.protocols import Tool, Toolbox
from prunella.redaction.redactor import Redactor
from prunella.testing.wrapping import WrappedTool, WrappedTools
from prunella.tools.packs.config import ConfigPack
from prunella.tools.packs.file_edit import Before
from prunella.tools.packs.files import FilesPack
from prunella.world.fleet_world import FleetWorld
from tests.laws.trial import Draw, Mutant, Trial, kills, prove

FLEET = """
[fleet]
name = "files"
[policy]
autonomy = "auto"
[service.app]
config = ["a.env", "b.toml", "c.yaml", "d.json", "e.ini", "link.env"]
probes = [{ tcp = "127.0.0.1:1", timeout = "0.2s" }]
"""
TEXTS: dict[str, tuple[str, ...]] = {
    "a.env": (
        "# port\nPORT=80 # note\n",
        "export PORT='80'\nNAME=\u00fcber",
        "",
        "no equals sign\n",
        "PORT=80\n" + "X=1\n" * 9000,
    ),
    "b.toml": ('title = "x" # y\n[server]\nport = 80\n', "port = 80", "broken = [\n"),
    "c.yaml": ("# top\nserver:\n  port: 80 # here\n", "port: 80", "a: [1\n  b: 2\n"),
    "d.json": ('{\n  "port": 80\n}\n', '{"port": 80}', "{"),
    "e.ini": ("; note\n[server]\nport = 80\n", "[server]\nport=80", "port\n"),
}
KEYS = ("PORT", "port", "server.port", "NAME", "new")
VALUES = ("81", "true", "w\u00f6rt", "a b # c", "")
FILES = st.sampled_from([*TEXTS, "link.env"])


def steps_of(tool: str, **arguments: st.SearchStrategy[str]) -> st.SearchStrategy[Step]:
    return st.fixed_dictionaries(arguments).map(lambda drawn: Step(tool=tool, arguments=dict(drawn)))


STEPS = st.one_of(
    steps_of("config.set", file=FILES, key=st.sampled_from(KEYS), value=st.sampled_from(VALUES)),
    steps_of("config.remove", file=FILES, key=st.sampled_from(KEYS)),
    steps_of("config.replace_text", file=FILES, old=st.just("80"), new=st.sampled_from(VALUES)),
    steps_of("files.write", path=FILES, content=st.sampled_from(["whole\nnew\n", "", "PORT=82"])),
)
PLANS = st.lists(STEPS, min_size=1, max_size=3).map(lambda steps: Plan(cause="a guess", steps=tuple(steps)))
Facts = tuple[bytes, int, int, int, str]


def build_world(draw: Draw, folder: Path) -> FleetWorld:
    """Files as people leave them; `link.env` points to one of them, or beside them."""
    for name, texts in TEXTS.items():
        if draw(st.integers(0, 5)):
            text = draw(st.sampled_from(texts)).replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
            (folder / name).write_bytes(
                draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode(draw(st.sampled_from(["utf-8", "latin-1"])))
            )
            (folder / name).chmod(draw(st.sampled_from([0o644, 0o600, 0o444, 0o664])))
    (folder / "far").mkdir()
    (folder / "far" / "real.env").write_bytes(b"PORT=80\n")
    (folder / "link.env").symlink_to(draw(st.sampled_from(["far/real.env", "./far/../far/real.env"])))
    fleet = folder / "prunella.toml"
    fleet.write_text(FLEET, encoding="utf-8")
    return FleetWorld(
        load_fleet(fleet), ("app",), folder / ".state", FileKnownGood(folder / ".state" / "good"), Redactor()
    )


@contextmanager
def real_folder() -> Generator[Path]:
    """A folder of its own for one example, without links in its path."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name).resolve()


def picture(folder: Path) -> dict[str, Facts]:
    """Every file and link below the folder, temporary ones included."""
    return {str(path.relative_to(folder)): facts(path) for path in sorted(folder.rglob("*")) if not path.is_dir()}


def facts(path: Path) -> Facts:
    found = path.lstat()
    link = os.readlink(path) if path.is_symlink() else ""  # noqa: PTH115 -- the target as it is written
    return path.read_bytes(), stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, link


@dataclass(frozen=True)
class Unreliable(WrappedTools):
    """Tools whose `fails`th call fails ahead of its effect, or behind it; `log` gets every effect as it begins."""

    log: Path
    fails: int
    behind: bool

    async def call(self, step: Step) -> Observation:
        failed = Observation(tool=step.tool, arguments=step.arguments, ok=False, error="OSError", message="no luck")
        number = len(effects(self.log))
        if number == self.fails and not self.behind:
            return failed
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{step.key}\n")
        observation = await self.inner.call(step)
        return failed if number == self.fails else observation


@dataclass(frozen=True)
class Rewrapped(WrappedTools):
    """Tools with another undo."""

    wrap: Callable[[Tool], Tool]

    def find(self, step: Step) -> Tool | Observation:
        found = self.inner.find(step)
        return found if isinstance(found, Observation) else self.wrap(found)


class UndoesText(WrappedTool):
    """Breaks law 3: line ends and byte-order marks get lost on the way."""

    async def undo(self, before: JsonValue) -> None:
        await super().undo(before)
        path = Before.model_validate(before).state.path
        if path.exists():
            path.write_text(path.read_text(encoding="utf-8-sig", errors="replace"), encoding="utf-8")


class UndoesBytesOnly(WrappedTool):
    """Breaks law 3: the mode is not put back."""

    async def undo(self, before: JsonValue) -> None:
        await super().undo(before)
        path = Before.model_validate(before).state.path
        if path.exists():
            path.chmod(0o644)


class UndoesLinks(WrappedTool):
    """Breaks law 3: a file stands where a link was."""

    async def undo(self, before: JsonValue) -> None:
        await super().undo(before)
        path = Before.model_validate(before).state.path
        if path.is_symlink():
            data = path.read_bytes()
            path.unlink()
            path.write_bytes(data)


class UndoesAnything(WrappedTool):
    """Breaks law 3: it overwrites what somebody else wrote since."""

    async def undo(self, before: JsonValue) -> None:
        was = Before.model_validate(before)
        now = was.state.path.read_bytes() if was.state.path.exists() else b""
        if b"human" in now:
            was.state.path.write_bytes(b"PORT=80\n")
        else:
            await super().undo(before)


def effects(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def trial_in(world: FleetWorld, plans: tuple[Plan, ...], mutant: Mutant, tools: Callable[[Toolbox], Toolbox]) -> Trial:
    def wrapped(inner: Toolbox) -> Toolbox:
        return mutant.tools(tools(inner))

    packs = (*ConfigPack(world, {}).tools(), *FilesPack(world).tools())
    broken = Mutant(mutant.name, mutant.nodes, mutant.journal, wrapped, mutant.worker)
    return Trial(world, packs, Goal("It answers.", check=world.check), plans, broken)


async def files_are_as_found(draw: Draw, mutant: Mutant) -> None:
    with real_folder() as folder, real_folder() as apart:
        log = apart / "effects.log"
        world = build_world(draw, folder)
        found, fails, behind = picture(folder), draw(st.integers(0, 6)), draw(st.booleans())
        plans = tuple(draw(st.lists(PLANS, min_size=2, max_size=5, unique_by=lambda plan: plan.key)))
        trial = trial_in(world, plans, mutant, lambda tools: Unreliable(tools, log, fails, behind))

        async def written_down_first() -> None:
            written = Counter([entry.step.key for entry in await trial.entries()])
            assert Counter(effects(log)) <= written

        record = await trial.live(*draw(st.lists(st.integers(1, 30), max_size=2)), after_each=written_down_first)
        await written_down_first()
        assert record.verdict is Verdict.ESCALATED
        assert picture(folder) == found


async def a_human_is_not_overwritten(draw: Draw, mutant: Mutant) -> None:
    with real_folder() as folder:
        moment, passed = draw(st.integers(2, 14)), list[str]()
        (folder / "a.env").write_bytes(b"PORT=80\n")
        (folder / "far").mkdir()
        (folder / "prunella.toml").write_text(FLEET, encoding="utf-8")
        world = FleetWorld(
            load_fleet(folder / "prunella.toml"), ("app",), folder, FileKnownGood(folder / "good"), Redactor()
        )

        def meddle(place: str) -> None:
            passed.append(place)
            if len(passed) == moment:
                (folder / "a.env").write_bytes(b"PORT=80 # by a human\n")

        steps = tuple(
            Step(tool="config.set", arguments={"file": "a.env", "key": key, "value": "81"}) for key in ("PORT", "NAME")
        )
        trial = trial_in(world, (Plan(cause="a guess", steps=steps),), mutant, lambda tools: tools)
        trial.passed = meddle
        record = await trial.live()
        now = (folder / "a.env").read_bytes()
        assert (b"human" in now) is (len(passed) >= moment)
        assert record.verdict is Verdict.FROZEN or now in {b"PORT=80\n", b"PORT=80 # by a human\n"}


def test_files_are_as_found() -> None:
    prove(files_are_as_found, examples=40)


def test_a_human_is_not_overwritten() -> None:
    prove(a_human_is_not_overwritten, examples=25)


@pytest.mark.parametrize("broken", [UndoesText, UndoesBytesOnly, UndoesLinks], ids=lambda broken: broken.__name__)
def test_law_3_kills(broken: type[WrappedTool]) -> None:
    kills(files_are_as_found, Mutant(broken.__name__, tools=lambda tools: Rewrapped(tools, broken)))


def test_law_3_kills_an_undo_that_overwrites() -> None:
    kills(a_human_is_not_overwritten, Mutant("overwrites", tools=lambda tools: Rewrapped(tools, UndoesAnything)))
