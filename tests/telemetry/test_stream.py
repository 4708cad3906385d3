import asyncio

from prunella.domain.run import Event, EventKind
from prunella.telemetry.stream import EventStream


def _event(number: int) -> Event:
    return Event(run="r", at=float(number), kind=EventKind.ACTION, node="n", text=str(number))


async def _read(stream: EventStream) -> list[str]:
    async with asyncio.timeout(5):
        return [event.text async for event in stream]


async def test_events_are_read_while_they_are_emitted():
    stream = EventStream()
    reader = asyncio.create_task(_read(stream))
    for number in range(3):
        stream.emit(_event(number))
        await asyncio.sleep(0)
    assert not reader.done()
    stream.close()
    assert await reader == ["0", "1", "2"]


async def test_what_was_emitted_before_the_end_is_still_read():
    stream = EventStream()
    stream.emit(_event(0))
    stream.close()
    stream.close()
    assert await _read(stream) == ["0"]
    assert await _read(stream) == []


async def test_a_slow_reader_hears_how_much_it_missed_and_then_the_newest():
    stream = EventStream(limit=2)
    for number in range(5):
        stream.emit(_event(number))
    gap = await anext(stream)
    assert (gap.kind, gap.run, gap.at, gap.data) == (EventKind.NOTE, "r", 3.0, {"left_out": 3})
    stream.emit(_event(5))
    stream.close()
    assert await _read(stream) == ["1 events were left out: the reader was too slow.", "4", "5"]


async def test_a_reader_that_keeps_up_misses_nothing():
    stream = EventStream(limit=1)
    for number in range(3):
        stream.emit(_event(number))
        assert (await anext(stream)).text == str(number)


async def test_a_cancelled_reader_can_come_back():
    stream = EventStream()
    reader = asyncio.create_task(_read(stream))
    await asyncio.sleep(0)
    reader.cancel()
    await asyncio.wait([reader])
    assert reader.cancelled()
    stream.emit(_event(1))
    stream.close()
    assert await _read(stream) == ["1"]
