"""What holds for every test."""

import os
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from prunella.sandbox.bubblewrap import Bubblewrap

# A type that was not listed for checkpoints must fail a test, not warn in the field; read when langgraph is imported.
os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

# A job in the background starts with Ctrl-C ignored, and so would everything that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
async def sandbox() -> "Bubblewrap":
    """The real one; tests that need it skip where it cannot isolate, and say why."""
    from prunella.errors import Misuse
    from prunella.sandbox.bubblewrap import Bubblewrap

    made = Bubblewrap()
    try:
        await made.ready()
    except Misuse as error:
        pytest.skip(str(error))
    return made
