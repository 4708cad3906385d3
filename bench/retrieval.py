"""`python -m bench.retrieval`: of 100 logs with one deciding line each, in how many excerpts is it?"""

import argparse
import ast
import errno
import json
import os
import random
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.figures import Figure, print_figures
from bench.planted import Planted, planted_log
from prunella.evidence.focus import BUDGET_CHARS, focus

_AIM = 0.95
_CHARS_PER_TOKEN = 3.5
_SHORTEST_WORDS = 4
_LONGEST = 140
_STDLIB = ("*.py", "asyncio/*.py", "http/*.py", "json/*.py", "importlib/*.py")

Excerpt = Callable[[Path, str], str]


@dataclass(frozen=True)
class Score:
    """What came of some logs. `missed` are the names of those whose excerpt lacks the line."""

    logs: int
    missed: tuple[str, ...]
    chars: float
    seconds_per_mb: float

    @property
    def hits(self) -> int:
        return self.logs - len(self.missed)


def has_line(excerpt: str, log: Planted) -> bool:
    """Whether the deciding message is in it whole, as it is or escaped for JSON."""
    return log.core in excerpt or json.dumps(log.core)[1:-1] in excerpt


def score(logs: Iterator[Planted], excerpt: Excerpt = focus) -> Score:
    """Each log as a file on the disk, one at a time."""
    missed: list[str] = []
    count = chars = size = 0
    spent_s = 0.0
    with tempfile.TemporaryDirectory(prefix="prunella-bench-") as folder:
        path = Path(folder) / "app.log"
        for log in logs:
            path.write_text(log.text, encoding="utf-8")
            started = time.process_time()
            text = excerpt(path, log.query)
            spent_s += time.process_time() - started
            count, chars, size = count + 1, chars + len(text), size + len(log.text)
            if not has_line(text, log):
                missed.append(f"{log.name}: {log.core}")
    return Score(count, tuple(missed), chars / max(count, 1), spent_s / max(size / 1e6, 1e-6))


def last_lines(path: Path, _query: str) -> str:
    """What many do: as many of the last lines as fit."""
    return path.read_bytes()[-BUDGET_CHARS:].decode("utf-8", "replace")


def last_errors(path: Path, _query: str) -> str:
    """What `grep -i error | tail` does."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if "error" in line.lower() or "fatal" in line.lower())[-BUDGET_CHARS:]


def foreign_families() -> tuple[tuple[str, ...], ...]:
    """Fifty messages that nobody here wrote: what this Python's library raises, and what its system calls them."""
    rng, raised = random.Random(303), sorted(set(_raised()))
    system = [f"<file>: {os.strerror(number)}" for number in sorted(errno.errorcode)]
    return tuple((message,) for message in rng.sample(raised, 35) + rng.sample(system, 15))


def _raised() -> Iterator[str]:
    root = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(each for pattern in _STDLIB for each in root.glob(pattern)):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8", errors="replace"))):
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and node.exc.args:
                message = _words(node.exc.args[0])
                if len(message.split()) >= _SHORTEST_WORDS and len(message) < _LONGEST and "\n" not in message:
                    yield message


def _words(node: ast.expr) -> str:
    """A message with fields for what is filled in; "" for what is no plain text."""
    match node:
        case ast.BinOp(left=ast.Constant(value=str() as text)) | ast.Constant(value=str() as text):
            plain = text.replace("%r", "'<word>'").replace("%s", "<word>").replace("%d", "<n>")
            return "" if "%" in plain else plain
        case ast.JoinedStr(values=values):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "<word>" for part in values)
        case _:
            return ""


def main() -> int:
    """The exit code: 1 when an aim is missed."""
    given = _parser().parse_args()
    figures = list(_figures(given.logs, given.largest, verbose=given.misses))
    print_figures(figures, as_json=given.json)
    return 1 if any(figure.is_met is False for figure in figures) else 0


def _figures(logs: int, largest: int, *, verbose: bool) -> Iterator[Figure]:
    def made(start: int, families: Sequence[Sequence[str]] | None = None) -> Iterator[Planted]:
        step = 1 if families else 2
        seeds = range(start, start + logs // 2 * step, step)
        return (planted_log(seed, largest=largest, families=families) for seed in seeds)

    foreign = foreign_families()
    for name, chosen in (("tuned on", made(0)), ("held out", made(1)), ("foreign messages", made(0, foreign))):
        found = score(chosen)
        note = f"{found.chars:.0f} characters, about {found.chars / _CHARS_PER_TOKEN:.0f} tokens"
        yield Figure(f"line found, {name}", found.hits, f"of {found.logs}", _AIM * found.logs, at_least=True, note=note)
        yield Figure(f"processor time, {name}", found.seconds_per_mb * 1000, "ms/MB")
        if verbose:
            print(*found.missed, sep="\n", file=sys.stderr)
    for name, rival in (("last lines", last_lines), ("last errors", last_errors)):
        found = score(made(0), rival)
        yield Figure(f"line found by {name}", found.hits, f"of {found.logs}", note="for scale, same size")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.retrieval", description=__doc__)
    parser.add_argument("--logs", type=int, default=100, help="how many; half tuned on, half held out")
    parser.add_argument("--largest", type=int, default=4_000_000, help="bytes of the largest log")
    parser.add_argument("--misses", action="store_true", help="name the logs whose line was missed")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


if __name__ == "__main__":
    sys.exit(main())
