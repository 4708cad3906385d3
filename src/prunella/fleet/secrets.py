"""Fetching a secret's value at the last moment. No message here ever holds one."""

import asyncio
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from prunella.commands import run_command
from prunella.domain.service import SecretRef
from prunella.errors import Rejected

_TIMEOUT_S = 10.0
_LIMIT_BYTES = 65536
_STDOUT_ONLY = ("sh", "-c", 'exec "$@" 2>/dev/null', "sh")
"""What a program complains about must not become part of the secret."""


async def resolve(ref: SecretRef, environ: Mapping[str, str]) -> str:
    """The value, never empty, without its final line break. Reads the file or runs the command, in our folder.

    Raises Rejected, within ten seconds, when there is no value to be had.
    """
    match ref.source:
        case "env":
            value = environ.get(ref.where, "")
        case "file":
            value = await _from_file(ref)
        case "command":
            value = await _from_command(ref)
    if not value:
        raise Rejected(f"The secret {ref.name} is empty or not set: look at {ref.source}:{ref.where}.")
    return value


async def _from_file(ref: SecretRef) -> str:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return _without_line_break(await asyncio.to_thread(_read, Path(ref.where)))
    except (OSError, ValueError) as error:
        # Not chained: an error of decoding carries the bytes.
        raise Rejected(f"The secret {ref.name} cannot be read from {ref.where}: {_why(error)}.") from None


def _why(error: OSError | ValueError) -> str:
    match error:
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case TimeoutError():
            return f"it took over {_TIMEOUT_S:g} s"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return str(error)


def _read(path: Path) -> str:
    """Raises ValueError for what is no regular file: a pipe would wait for ever."""
    if path.exists() and not path.is_file():
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        return file.read(_LIMIT_BYTES).decode()


async def _from_command(ref: SecretRef) -> str:
    command = _words(ref)
    result = await run_command((*_STDOUT_ONLY, *command), Path.cwd(), _TIMEOUT_S, limit_bytes=2 * _LIMIT_BYTES)
    if result.ok:
        return _without_line_break(result.output)
    how = f"took over {_TIMEOUT_S:g} s" if result.exit_code is None else f"exited with {result.exit_code}"
    raise Rejected(f"The secret {ref.name} cannot be fetched: {command[0]} {how}. Run it by hand to see why.")


def _words(ref: SecretRef) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(ref.where))
    except ValueError as error:
        raise Rejected(f"The secret {ref.name} has a command that cannot be split: {error}.") from None
    if not words:
        raise Rejected(f"The secret {ref.name} names no command.")
    return words


def _without_line_break(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")


async def known_values(refs: Iterable[SecretRef], environ: Mapping[str, str]) -> tuple[str, ...]:
    """The values that can be had, so that no text repeats them; a reference that leads nowhere has none to hide."""
    found = await asyncio.gather(*(resolve(ref, environ) for ref in refs), return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, Rejected):
            raise each
    return tuple(each for each in found if isinstance(each, str))
