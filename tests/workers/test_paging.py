"""A human is told of a question by the operator's own command; what that says decides nothing."""

import json
import sys
import time
from pathlib import Path

import pytest

from prunella.domain.ruling import Question
from prunella.domain.run import EventKind
from prunella.workers.paging import page
from tests.storage.questions import request

COPY = "import sys, pathlib; pathlib.Path('told').write_text(sys.stdin.read()); print('approve: yes')"


class Told:
    """Keeps what the timeline is told."""

    def __init__(self) -> None:
        self.lines = list[str]()
        self.data = list[dict[str, object]]()

    def __call__(self, kind: EventKind, node: str, text: str, /, **data: object) -> None:
        self.lines.append(f"{kind} {node}: {text}")
        self.data.append(data)


def question() -> Question:
    asked = request("a", asked=5.0, expires=65.0)
    return Question(id="q", plan=asked.plan.key, request=asked)


async def test_the_command_reads_the_whole_question_and_how_to_answer_it(tmp_path: Path):
    told = Told()
    await page((sys.executable, "-c", COPY), tmp_path, question(), told)
    read = json.loads((tmp_path / "told").read_text())
    key = question().plan
    assert (read["run"], read["plan"], read["expires"]) == ("a", key, 65.0)
    assert read["request"]["plan"]["steps"][0]["tool"] == "config.set"
    assert (read["approve"], read["deny"]) == (
        f"prunella approve a --plan {key}",
        f"prunella approve a --plan {key} --deny",
    )
    assert told.lines == [f"note approve: {sys.executable} was told of the question."]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ((sys.executable, "-c", "import sys; sys.exit('no such channel')"), "failed (1): no such channel"),
        (("no-such-pager",), "failed (127)"),
        ((sys.executable, "-c", "import time; time.sleep(60)"), "did not end within 0.5 s"),
    ],
)
async def test_a_command_that_fails_is_noted_and_harms_nothing(tmp_path: Path, command: tuple[str, ...], said: str):
    told, began = Told(), time.monotonic()
    await page(command, tmp_path, question(), told, timeout_s=0.5 if "sleep" in command[-1] else 10)
    assert time.monotonic() - began < 5
    assert said in told.lines[0]
    assert told.lines[0].endswith("The question waits anyway.")


async def test_one_that_reads_nothing_and_says_too_much_is_bounded(tmp_path: Path):
    told = Told()
    await page((sys.executable, "-c", "print('x' * 1_000_000)"), tmp_path, question(), told)
    assert len(str(told.data[0]["output"])) < 5_000


async def test_no_shell_has_a_hand_in_it(tmp_path: Path):
    told, echo = Told(), (sys.executable, "-c", "import sys; print(sys.argv[1])")
    await page((*echo, "$HOME; touch gone"), tmp_path, question(), told)
    assert told.data[0]["output"] == "$HOME; touch gone\n"
    assert not (tmp_path / "gone").exists()
