import pytest

from prunella.errors import Misuse
from prunella.sandbox.bubblewrap import Bubblewrap


@pytest.fixture
async def sandbox() -> Bubblewrap:
    made = Bubblewrap()
    try:
        await made.ready()
    except Misuse as error:
        pytest.skip(str(error))
    return made
