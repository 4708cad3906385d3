from collections.abc import Mapping
from pathlib import Path

import pytest

from prunella.errors import Misuse
from prunella.fleet.keys import sealer_of
from prunella.sealing import Sealer

OLD, NEW = b"o" * 32, b"n" * 32
IDS = Sealer([NEW, OLD]).key_ids


async def test_without_a_key_nothing_is_sealed() -> None:
    assert await sealer_of({}) is None


async def test_from_everywhere_that_a_secret_may_come_from(tmp_path: Path) -> None:
    keys = f"{NEW.hex()}\n{OLD.hex()}\n"
    (tmp_path / "keys").write_text(keys)
    told: tuple[Mapping[str, str], ...] = (
        {"PRUNELLA_KEY": keys},
        {"PRUNELLA_KEY": f"file:{tmp_path / 'keys'}"},
        {"PRUNELLA_KEY_FILE": str(tmp_path / "keys")},
        {"PRUNELLA_KEY": f"command:cat {tmp_path / 'keys'}"},
        {"PRUNELLA_KEY": "env:OTHER", "OTHER": keys},
    )
    for environ in told:
        sealer = await sealer_of(environ)
        assert sealer is not None
        assert sealer.key_ids == IDS


@pytest.mark.parametrize(
    "environ",
    [
        {"PRUNELLA_KEY": ""}, {"PRUNELLA_KEY_FILE": ""}, {"PRUNELLA_KEY": "hunter2hunter2"},
        {"PRUNELLA_KEY": "file:/no/such/file"},
        {"PRUNELLA_KEY": "file:"}, {"PRUNELLA_KEY": "command:sh -c 'echo hunter2; exit 1'"},
        {"PRUNELLA_KEY": "env:NOT_SET"},
        {"PRUNELLA_KEY": OLD.hex(), "PRUNELLA_KEY_FILE": "/x"},
    ],
)  # fmt: skip
async def test_what_was_to_be_sealed_is_not_written_plain(environ: dict[str, str]) -> None:
    with pytest.raises(Misuse) as caught:
        await sealer_of(environ)
    assert "hunter2" not in repr(caught.value)
    assert OLD.hex() not in str(caught.value)
