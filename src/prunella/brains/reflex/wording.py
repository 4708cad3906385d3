"""One word of a server's file that its own checker does not know: the nearest one that it does know, or means."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate, repair
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.hints import Hint
from prunella.brains.reflex.names import distance, is_near, normal
from prunella.brains.reflex.places import replace_lines
from prunella.brains.reflex.servermends import SERVER_FORMATS
from prunella.brains.reflex.vocabulary import USUAL_WORDS
from prunella.configs.haproxy_keywords import known_keywords
from prunella.configs.keys import split
from prunella.configs.nginx_directives import known_directives
from prunella.domain.facts import ConfigFacts
from prunella.domain.setting import Format

_QUOTED = re.compile(r"[\"'`]([A-Za-z_][\w.\-]*)[\"'`]")
_WORD = re.compile(r"[A-Za-z_][\w\-]*")
_COMPLAINS = re.compile(
    r"unknown|unable to find|not found|unrecogni[sz]ed|invalid|supports|no such|bad |undefined|expected", re.IGNORECASE
)
_METHODS = frozenset(
    {"reject", "md5", "scram-sha-256", "password", "gss", "sspi", "ident", "peer", "pam", "ldap", "cert"}
)
"""Of PostgreSQL, but for the one that asks for nothing."""
_TRIED = 3


@dataclass(frozen=True)
class Choice:
    """A word, how surely it is meant (0 to 1), and who says so."""

    word: str
    surety: float
    reason: str


def candidates(case: Case) -> Iterator[Candidate]:
    read = {id(hint.clue): hint for hint in case.hints}
    complaints = [clue for clue in case.clues if clue.weight >= 0.6 and _COMPLAINS.search(clue.line)]
    for hint in (read.get(id(clue), Hint(clue)) for clue in complaints):
        for service, config in case.files():
            if service in case.suspects and config.format in SERVER_FORMATS:
                yield from _mend(case, service, config, hint)


def _mend(case: Case, service: str, config: ConfigFacts, hint: Hint) -> Iterator[Candidate]:
    for number, wrong in _wrong_words(config, hint, service):
        for choice in _choices(case, config, hint.clue, number, wrong)[:_TRIED]:
            line = config.text.split("\n")[number - 1]
            mended = re.sub(rf"(?<![\w\-]){re.escape(wrong)}(?![\w\-])", choice.word, line, count=1)
            if wrong.isupper() and choice.word == wrong.lower():
                mended = mended.lower()
            step = replace_lines(config.path, config.text, number, number, (mended,), why=f"{choice.reason}.")
            cause = f"{config.path.parent.name}/{config.path.name} line {number} says {wrong}; {choice.reason}."
            score = choice.surety * hint.clue.weight * case.scope(service)
            yield from repair(case, "wording", score, cause, [step], because=[choice.reason], explains=[hint.clue])


def _wrong_words(config: ConfigFacts, hint: Hint, service: str) -> Iterator[tuple[int, str]]:
    """(line, word) that the complaint quotes; of a line that it only points to, each word that is no usual one."""
    lines = config.text.split("\n")
    pointed = [at for path, at in hint.locations if _is_file(config, path, hint, service) and at <= len(lines)]
    quoted = [word for word in _QUOTED.findall(hint.clue.line) if hint.clue.service in {None, service}]
    for number in pointed or range(1, len(lines) + 1):
        body = lines[number - 1].partition("#")[0]
        words = _WORD.findall(body)
        named = [word for word in quoted if word in words and (pointed or word.lower() not in USUAL_WORDS)]
        strange = [word for word in words if word.lower() not in USUAL_WORDS and word not in _known(config.format)]
        wrong = named or (strange if pointed else [])
        yield from ((number, word) for word in wrong if not _is_directive(config.format, word))


def _is_file(config: ConfigFacts, path: str, hint: Hint, service: str) -> bool:
    return str(config.path).endswith(path) if path else hint.clue.service == service


def _choices(case: Case, config: ConfigFacts, clue: Clue, number: int, wrong: str) -> list[Choice]:
    """Surest first: what the complaint itself names, what the file defines, what the server knows, what is usual."""
    line = config.text.split("\n")[number - 1]
    told = [word for word in _QUOTED.findall(clue.line) if word != wrong]
    is_first = re.search(rf"(?:^|[{{;])\s*{re.escape(wrong)}(?![\w\-])", line) is not None
    defined = _defined(config) if not is_first else frozenset[str]()
    known = _known(config.format) if is_first or config.format is not Format.NGINX else frozenset[str]()
    witnesses = (
        (told, 0.93, "the complaint names {}"),
        (defined, 0.9, "{} is defined in the file"),
        (known, 0.85, "{} is what the server knows"),
        (case.words | USUAL_WORDS if not is_first else (), 0.6, "{} is a usual word"),
    )
    found: dict[str, Choice] = {}
    for words, surety, reason in witnesses:
        for word in sorted(words, key=lambda each: distance(wrong.lower(), each.lower())):
            if _is_slip(wrong, word):
                less = 0.03 * distance(wrong.lower(), word.lower())
                found.setdefault(word, Choice(word, surety - less, reason.format(word)))
    return sorted(found.values(), key=lambda choice: -choice.surety)


def _is_slip(wrong: str, word: str) -> bool:
    return wrong != word and (normal(wrong) == normal(word) or is_near(wrong.lower(), word.lower()))


def _defined(config: ConfigFacts) -> frozenset[str]:
    """The names of blocks: what others in the file may refer to."""
    return frozenset(part for s in config.settings for part in split(s.key)[:-1] if _WORD.fullmatch(part))


def _is_directive(fmt: Format, word: str) -> bool:
    """What is known to nginx is not what it complains of, but whose value."""
    return fmt is Format.NGINX and word in known_directives()


def _known(fmt: Format) -> frozenset[str]:
    if fmt is Format.NGINX:
        return known_directives()
    if fmt is Format.PG_HBA:
        return _METHODS
    return known_keywords() if fmt is Format.HAPROXY else frozenset()
