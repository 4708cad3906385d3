import asyncio
import inspect
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prunella.errors import Conflict, Irrecoverable, Lost, Misuse, Rejected, Transient
from prunella.tools.guards import Guarded, Timed, guarded
from prunella.tools.tool import FunctionTool, tool


async def hang(*_: object, **__: object) -> None:
    await asyncio.sleep(60)


def fails(error: Exception) -> Callable[..., object]:
    async def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def nothing(*_: object, **__: object) -> None: ...


def deed(run: Callable[..., Any] = nothing, hook: Callable[..., Any] = nothing) -> FunctionTool[..., object]:
    def paint() -> object:
        """Paint the house, whatever that takes."""
        return run()

    async def paint_async() -> object:
        """Paint the house, whatever that takes."""
        return await run()

    made = paint_async if inspect.iscoroutinefunction(run) else paint
    return tool(name="paint_house", risk="change", before=hook, undo=hook, applied=hook)(made)


@pytest.mark.parametrize("method", ["before", "applied"])
async def test_hooks_that_hang_are_given_up(method: str):
    timed = Timed(deed(hook=hang), 0.05)
    call = timed.before({}) if method == "before" else timed.applied({}, None)
    with pytest.raises(TimeoutError, match=r"paint_house: no answer within 0.05 s; nothing was touched"):
        await call


async def test_a_change_that_is_given_up_may_have_taken_effect():
    with pytest.raises(TimeoutError, match="part of it may have taken effect"):
        await Timed(deed(run=hang), 0.05).run({})


async def test_a_thread_cannot_be_stopped_and_that_is_said():
    release = threading.Event()
    with pytest.raises(TimeoutError, match=r"a thread, which cannot be stopped"):
        await Timed(deed(run=lambda: release.wait(5)), 0.05).run({})
    release.set()


async def test_a_timeout_of_the_tool_itself_is_left_alone():
    with pytest.raises(TimeoutError, match="the other side"):
        await Timed(deed(run=fails(TimeoutError("the other side"))), 5).run({})


async def test_an_undo_has_time_of_its_own():
    async def undo(*_: object, **__: object) -> None:
        await asyncio.sleep(0.1)

    await Timed(deed(hook=undo), 0.01).undo(None)
    with pytest.raises(TimeoutError, match="part of it may be put back"):
        await Timed(deed(hook=hang), 0.01, undo_timeout_s=0.05).undo(None)


async def test_an_undo_that_hangs_freezes():
    with pytest.raises(Irrecoverable, match=r"no answer within 0\.05 s"):
        await Guarded(Timed(deed(hook=hang), 0.01, undo_timeout_s=0.05)).undo(None)


@pytest.mark.parametrize(
    ("raised", "before", "undo"),
    [
        (KeyError("x"), Rejected, Irrecoverable),
        (TimeoutError("slow"), Rejected, Irrecoverable),
        (Rejected("no"), Rejected, Irrecoverable),
        (Transient("later"), Transient, Irrecoverable),
        (Conflict("changed"), Conflict, Conflict),
        (Lost("gone"), Lost, Lost),
        (Misuse("wrong"), Misuse, Misuse),
    ],
)
async def test_errors_are_sorted_by_the_reaction_they_call_for(
    raised: Exception, before: type[Exception], undo: type[Exception]
):
    guard = guarded(deed(hook=fails(raised)), timeout_s=5)
    with pytest.raises(before) as in_before:
        await guard.before({})
    with pytest.raises(undo) as in_undo:
        await guard.undo(None)
    assert type(in_before.value) is before
    assert type(in_undo.value) is undo
    if isinstance(raised, Lost | Misuse):
        with pytest.raises(type(raised)):
            await guard.applied({}, None)
    else:
        assert await guard.applied({}, None) is None


async def test_cancellation_goes_through_every_guard():
    guard = guarded(deed(run=hang, hook=hang), timeout_s=5)
    for call in (guard.before({}), guard.run({}), guard.undo(None), guard.applied({}, None)):
        running = asyncio.create_task(call)
        await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_arguments_are_checked_before_anything_runs():
    seen: list[object] = []
    guard = guarded(deed(run=lambda: seen.append(1), hook=lambda *_, **__: seen.append(2)), timeout_s=5)
    for call in (guard.before, guard.run):
        with pytest.raises(Rejected, match=r'"colour" is no parameter'):
            await call({"colour": "red"})
    assert await guard.applied({"colour": "red"}, None) is None
    assert seen == []


def test_guards_do_not_pile_up():
    guard = guarded(deed(), timeout_s=5)
    assert guarded(guard, timeout_s=1) is guard


def test_a_tool_that_hangs_keeps_no_process_from_ending(tmp_path: Path):
    script = tmp_path / "hang.py"
    script.write_text(
        "import asyncio, time\n"
        "from prunella.domain.plan import Step\n"
        "from prunella.tools.tool import tool\n"
        "from prunella.tools.toolbox import Tools\n"
        "@tool\n"
        "def sleep_long() -> None:\n"
        "    'Sleep for a whole minute.'\n"
        "    time.sleep(60)\n"
        "print(asyncio.run(Tools([sleep_long], timeout_s=0.05).call(Step(tool='sleep_long'))))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=20)
    assert "no answer within 0.05 s" in done.stdout
    assert done.stderr == ""


async def test_many_hanging_threads_keep_nobody_from_running():
    release = threading.Event()
    hanging = Timed(deed(run=lambda: release.wait(10)), 0.01)
    await asyncio.gather(*(hanging.run({}) for _ in range(40)), return_exceptions=True)
    started = time.monotonic()
    assert await Timed(deed(run=lambda: 7), 5).run({}) == 7
    assert time.monotonic() - started < 2
    release.set()


async def test_what_only_reads_has_nothing_to_put_back():
    @tool
    def look_up(name: str) -> str:
        """Look up the price of one thing, for tests.

        Args:
            name: what is looked up
        """
        return name

    await guarded(look_up, timeout_s=1.0).undo(None)
