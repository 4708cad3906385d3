"""Keys of models: where they stand, and everything that keeps them from being shown."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from pydantic import SecretStr

from prunella.domain.service import SecretRef
from prunella.errors import Rejected, Transient
from prunella.fleet.secrets import resolve

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

NO_KEY = "not-needed"
"""Clients insist on a key even where the server asks for none."""

_SOURCES = get_args(SecretRef.model_fields["source"].annotation)


async def key_of(variable: str, environ: Mapping[str, str]) -> str:
    """The key that stands in `variable`, or where the reference in it leads: `file:/path`, `env:NAME`, `command:…`.

    "" when there is none. Raises Transient, never with the key, when the reference leads nowhere.
    """
    given = environ.get(variable, "").strip()
    source, _, where = given.partition(":")
    if source not in _SOURCES or not where.strip():
        return given
    try:
        reference = SecretRef.model_validate({"name": variable, "source": source, "where": where.strip()})
        return (await resolve(reference, environ)).strip()
    except Rejected as error:
        raise Transient(str(error)) from error


def secrets_of(model: "BaseChatModel") -> tuple[str, ...]:
    """Every secret that a client was made with."""
    held = (value.get_secret_value() for value in vars(model).values() if isinstance(value, SecretStr))
    return tuple(secret for secret in held if secret and secret != NO_KEY)
