"""A rejected credential whose right value the operator has declared as a secret."""

from collections.abc import Iterator

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.names import likeness, tokens
from prunella.brains.reflex.places import Place


def candidates(case: Case) -> Iterator[Candidate]:
    rejected = [hint for hint in case.hints if "auth" in hint.topics]
    for service in case.suspects if rejected else ():
        for secret in case.service(service).service.secrets:
            for place in case.places_of(service):
                if likeness(place.key, secret.name) >= 0.9 and place.value != f"secret:{secret.name}":
                    yield from _renew(case, place, secret.name, rejected)


def _renew(case: Case, place: Place, secret: str, rejected: list[Hint]) -> Iterator[Candidate]:
    near = (place.service, *case.needs(place.service), None)
    speaking = [h.clue for h in rejected if _concerns(case, place, h) or h.clue.service in near]
    if not speaking:
        return
    score = (0.75 if _concerns(case, place, rejected[0]) else 0.55) * case.scope(place.service)
    cause = f"{place.name} was rejected; {secret} is declared for {place.service}."
    step = place.set_to(f"secret:{secret}", f"The declared secret {secret} is what the other side accepts.")
    yield from repair(
        case, "credentials", score, cause, [step], because=[f"fleet file: secret {secret}."], explains=speaking[:3]
    )


def _concerns(case: Case, place: Place, hint: Hint) -> bool:
    """The line names the setting, one of its words, or the service that the setting's name speaks of."""
    spoken = set(tokens(hint.clue.line))
    named = case.meant_service(place.key, case.needs(place.service))
    return bool(spoken & set(tokens(place.leaf))) or (named is not None and bool(spoken & set(tokens(named))))
