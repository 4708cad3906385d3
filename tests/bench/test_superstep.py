"""What is timed is what is said: as many supersteps on both sides."""

from pathlib import Path

from bench.superstep import measure_superstep


async def test_both_make_the_same_supersteps(tmp_path: Path):
    figures = await measure_superstep(tmp_path, pairs=1)
    assert [figure.unit for figure in figures] == ["ms", "ms", "x"]
    assert all(figure.value for figure in figures)
