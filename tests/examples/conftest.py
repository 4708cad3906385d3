from pathlib import Path

import pytest

from tests.examples.running import Runner, make_runner


@pytest.fixture
def run_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Runner:
    return make_runner(tmp_path, monkeypatch, capsys)
