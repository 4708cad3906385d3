"""The coder through the real OpenAI client and in a real sandbox, with a model that follows a script."""

import json

import pytest

from prunella.errors import Misuse
from prunella.sandbox.bubblewrap import Bubblewrap
from prunella.testing.openai_server import OpenAIServer, Request, Said
from tests.examples.running import Runner

NAIVE = """import statistics, sys

print(f"{statistics.median(map(float, sys.stdin.read().split())):.1f}")
"""
RIGHT = """import statistics, sys

def numbers():
    for word in sys.stdin.read().split():
        try:
            yield float(word)
        except ValueError:
            pass

found = list(numbers())
print(f"{statistics.median(found):.1f}" if found else "no numbers")
"""


@pytest.fixture(autouse=True)
async def walls() -> None:
    try:
        await Bubblewrap().ready()
    except Misuse as error:
        pytest.skip(str(error))


def answers(code: str) -> Said:
    return Said("", calls=(("answer", {"text": json.dumps({"code": code})}),))


def mends_what_the_traceback_names(request: Request) -> Said:
    """A model that has read it; without it, it would be lost."""
    named = "ValueError: could not convert string to float: 'one'" in request.text and "main.py" in request.text
    return answers(RIGHT if named else NAIVE)


def test_a_program_that_fails_is_mended_by_its_traceback(run_example: Runner) -> None:
    with OpenAIServer(answers(NAIVE), mends_what_the_traceback_names) as server:
        ended = run_example("coder", OPENAI_BASE_URL=server.url)
    assert ended.exit_code == 0, ended.lines
    assert "\n".join(ended.lines).rstrip().endswith(RIGHT.rstrip())
    assert len(server.requests) == 2


def test_it_tries_things_in_the_sandbox_first(run_example: Runner) -> None:
    tries = Said("", calls=(("python_run", {"code": "import statistics; print(statistics.median([1, 2]) * 1000)"}),))

    def has_seen(request: Request) -> Said:
        return answers(RIGHT if "1500.0" in request.text else NAIVE)

    with OpenAIServer(tries, has_seen) as server:
        ended = run_example("coder", OPENAI_BASE_URL=server.url)
    assert ended.exit_code == 0, ended.lines
    assert "python_run" in server.requests[0].tools
    assert len(server.requests) == 2


@pytest.mark.parametrize("lie", ["raise SystemExit(0)", "import os; print('2.0', flush=True); os._exit(0)"])
def test_a_program_cannot_say_of_itself_that_it_is_right(run_example: Runner, lie: str) -> None:
    with OpenAIServer(answers(lie), answers(RIGHT)) as server:
        ended = run_example("coder", "--brain", server.url)
    assert ended.exit_code == 0, ended.lines
    assert len(server.requests) == 2
    assert any("expected" in line for line in ended.node("judge"))
