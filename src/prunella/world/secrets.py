"""The secrets that stand in the files of a fleet, so that no sentence about them repeats them."""

from collections.abc import Iterable, Iterator

from prunella.domain.facts import Facts
from prunella.domain.setting import Setting
from prunella.redaction.assignments import is_harmless
from prunella.redaction.redactor import is_secret_key

_SHORTEST = 8
"""A shorter value is as likely a common word, which would be blanked out everywhere."""


def secrets_in(facts: Facts) -> frozenset[str]:
    """The values of all settings, now and at better times, whose names say that they are secret."""
    return secret_values(_settings(facts))


def secret_values(settings: Iterable[Setting]) -> frozenset[str]:
    """The values of those whose names say that they are secret."""
    return frozenset(
        setting.value
        for setting in settings
        if setting.value
        and len(setting.value) >= _SHORTEST
        and is_secret_key(setting.key)
        and not is_harmless(setting.value)
    )


def _settings(facts: Facts) -> Iterator[Setting]:
    for service in facts.services.values():
        for file in service.files:
            yield from file.settings
    for reference in facts.references:
        yield from reference.settings
