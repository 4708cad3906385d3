"""What may stand for a brain, apart from a run."""

import pytest

from prunella import Answer, Brief, Report
from prunella.brains.chat.brain import Chat
from prunella.brains.chat.wire import Way
from prunella.domain.usage import Usage
from prunella.errors import Misuse, Transient
from prunella.protocols import Brain
from prunella.testing.models import ScriptedBrain, ScriptedModel
from prunella.testing.openai_server import Hangs, OpenAIServer
from prunella.wiring.brains import Roles, Study, as_brain, brain_of, model_timeout_s

STUDY = Study({})
BRIEF = Brief(goal="Say hello.", report=Report())


class Echo:
    """Callable, and not a function."""

    def __call__(self, brief: Brief) -> Answer:
        return Answer(text=brief.goal)


async def test_a_callable_is_named_after_its_class_and_spends_nothing() -> None:
    brain = as_brain(Echo(), STUDY)
    assert await brain.propose(BRIEF) == Answer(text="Say hello.")
    assert (brain.name, brain.usage) == ("Echo", Usage())


def test_a_brain_is_itself() -> None:
    brain: Brain = ScriptedBrain()
    assert as_brain(brain, STUDY) is brain


def test_a_chat_model_is_a_chat() -> None:
    assert isinstance(as_brain(ScriptedModel(), STUDY), Chat)


async def test_an_error_of_ours_goes_through_a_function() -> None:
    def unreachable(brief: Brief) -> Answer:
        raise Transient(f"nobody heard {brief.goal!r}")

    with pytest.raises(Transient, match="nobody heard"):
        await as_brain(unreachable, STUDY).propose(BRIEF)


def test_names_make_a_ladder_and_a_url_is_asked_by_schema_first() -> None:
    both = brain_of(Roles(("http://127.0.0.1:1/v1", "gpt-4o")), Study({"OPENAI_API_KEY": "k"}))
    assert both.name == "http://127.0.0.1:1/v1 → gpt-4o"
    by_url = as_brain("http://127.0.0.1:1/v1", STUDY)
    assert isinstance(by_url, Chat)
    assert by_url.way is Way.SCHEMA


@pytest.mark.parametrize(("given", "seconds"), [({}, 120.0), ({"PRUNELLA_MODEL_TIMEOUT": "7.5"}, 7.5)])
def test_a_models_time_is_a_setting(given: dict[str, str], seconds: float) -> None:
    assert model_timeout_s(given) == seconds


@pytest.mark.parametrize("given", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(Misuse, match=f"PRUNELLA_MODEL_TIMEOUT is '{given}': give a number of seconds"):
        as_brain("http://127.0.0.1:1/v1", Study({"PRUNELLA_MODEL_TIMEOUT": given}))


async def test_the_time_given_is_the_time_waited_and_the_message_names_the_setting() -> None:
    with OpenAIServer(Hangs()) as server:
        brain = as_brain(server.url, Study({"PRUNELLA_MODEL_TIMEOUT": "0.3"}))
        with pytest.raises(Transient, match=r"did not answer within 0\.3 s.*PRUNELLA_MODEL_TIMEOUT"):
            await brain.propose(BRIEF)
