import os
from pathlib import Path
from typing import Literal

import pytest

from prunella.domain.service import SecretRef
from prunella.errors import Rejected
from prunella.fleet.secrets import known_values, resolve


def ref(source: Literal["env", "file", "command"], where: str) -> SecretRef:
    return SecretRef(name="DB", source=source, where=where)


async def test_from_the_environment_that_was_given() -> None:
    assert await resolve(ref("env", "NAME"), {"NAME": " x\n"}) == " x\n"


@pytest.mark.parametrize(
    ("raw", "value"), [(b"pw", "pw"), (b"pw\n", "pw"), (b"pw\r\n", "pw"), (b" p w \n\n", " p w \n")]
)
async def test_from_a_file_without_its_final_line_break(tmp_path: Path, raw: bytes, value: str) -> None:
    (tmp_path / "s").write_bytes(raw)
    assert await resolve(ref("file", str(tmp_path / "s")), {}) == value


async def test_from_a_commands_output_and_not_from_its_complaints() -> None:
    command = "sh -c 'echo warning >&2; echo \"p w\"'"
    assert await resolve(ref("command", command), {}) == "p w"


@pytest.mark.parametrize("raw", [b"", b"\n", b"hunter2\xff"])
async def test_a_file_without_a_usable_value(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "s").write_bytes(raw)
    with pytest.raises(Rejected, match="DB") as caught:
        await resolve(ref("file", str(tmp_path / "s")), {})
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__cause__ is None


async def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        with pytest.raises(Rejected, match=str(path)):
            await resolve(ref("file", str(path)), {})


@pytest.mark.parametrize("command", ["sh -c 'echo hunter2; exit 3'", "/no/such/program", "true", "sh -c 'oops", "''"])
async def test_a_command_that_fails_never_shows_what_it_said(command: str) -> None:
    with pytest.raises(Rejected, match="DB") as caught:
        await resolve(ref("command", command), {})
    if "exit 3" in command:
        assert "3" in str(caught.value)
        assert "hunter2" not in str(caught.value)


async def test_a_variable_that_is_not_set() -> None:
    with pytest.raises(Rejected, match="env:NAME"):
        await resolve(ref("env", "NAME"), {})


async def test_values_that_can_be_had_are_known_and_the_others_cost_nothing(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("pw\n")
    refs = (ref("file", str(tmp_path / "s")), ref("env", "NOT_SET"), ref("command", "/no/such"), ref("env", "SET"))
    assert await known_values(refs, {"SET": "x"}) == ("pw", "x")
