import subprocess
import sys
from pathlib import Path

import pytest

from prunella.domain.probe import RedisProbe, SqlProbe
from prunella.probes.factory import probe_for

WITHOUT = """
import sys
sys.modules["psycopg"] = None
from pathlib import Path
from prunella.domain.probe import SqlProbe
from prunella.errors import PrunellaError
from prunella.fleet.file import load_fleet
from prunella.probes.factory import probe_for

probe_for(SqlProbe(name="s", url="sqlite:////x.db"), "a", None)
for attempt in (
    lambda: probe_for(SqlProbe(name="sql x", url="postgresql://h/x"), "a", None),
    lambda: load_fleet(Path("prunella.toml")),
):
    try:
        attempt()
    except PrunellaError as error:
        print(f"{type(error).__name__}: {error}")
"""


def test_a_missing_driver_is_told_before_anything_starts(tmp_path: Path):
    (tmp_path / "prunella.toml").write_text("[service.a]\nprobes = [{ sql = 'postgresql://h/x' }]\n")
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=tmp_path, capture_output=True, text=True, check=True)
    built, loaded = done.stdout.splitlines()
    assert built == "Misuse: sql x needs psycopg. Run `pip install 'prunella[postgres]'`."
    assert loaded.startswith(f"BadFleet: {tmp_path}/prunella.toml:2: This probe needs psycopg")
    assert loaded.endswith("Run pip install 'prunella[postgres]'.")


@pytest.mark.parametrize(
    "spec",
    [
        RedisProbe(name="p", url="redis://127.0.0.1:1/0", password="NAME"),  # noqa: S106 -- a secret's name
        SqlProbe(name="p", url="postgresql://127.0.0.1:1/x", password="NAME"),  # noqa: S106 -- a secret's name
    ],
)
async def test_without_anybody_who_knows_secrets_a_probe_says_so(spec: RedisProbe | SqlProbe):
    reading = await probe_for(spec, "a", None).look()
    assert reading.detail == "The secret NAME is not known here. Declare it in `secrets` of the service."
