"""An item that a worker fails on again and again while all others wait behind it: aside with it, nothing is deleted."""

import re
from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass

from prunella.brains.reflex.candidate import Candidate
from prunella.brains.reflex.case import Case
from prunella.brains.reflex.clues import Clue
from prunella.brains.reflex.names import tokens
from prunella.brains.reflex.places import Place
from prunella.brains.reflex.servers_told import deed, on_server
from prunella.domain.fingerprint import without_noise

_ASIDE = (
    frozenset({"dead"}), frozenset({"dlq"}), frozenset({"poison"}), frozenset({"quarantine"}), frozenset({"parking"}),
    frozenset({"rejected"}),
)  # fmt: skip
_NAMES = frozenset({"name", "queue", "list", "key", "source", "jobs", "topic"})
_UNREADABLE = re.compile(
    r"json|pars|decod|unmarshal|deserial|malformed|unterminated|expecting|invalid|corrupt|KeyError|ValueError|TypeError"
    r"|missing|schema|validation|unexpected",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""(?<![\w"'])b?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
_TAIL = 40
_OFTEN = 3
_SHORTEST = 2


@dataclass(frozen=True)
class Queue:
    """The list that a worker takes from, and where its configuration puts what it cannot use."""

    worker: str
    server: str
    source: str
    aside: Place


@dataclass(frozen=True)
class Stuck:
    """What a worker says again and again, and the item of which it says so."""

    clue: Clue
    item: str
    times: int


def candidates(case: Case) -> Iterator[Candidate]:
    for worker in case.suspects:
        for queue in _queues(case, worker):
            for stuck in _stuck(case, worker):
                yield from _put_aside(case, queue, stuck)


def _queues(case: Case, worker: str) -> Iterator[Queue]:
    """Only where the operator has declared a place for bad items."""
    servers = [name for name in case.all_needs(worker) if _is_redis(case, name)]
    for aside in case.places_of(worker) if len(servers) == 1 else ():
        if not aside.value or not any(words <= set(tokens(aside.leaf)) for words in _ASIDE):
            continue
        parent = aside.key.rpartition(".")[0]
        beside = [p for p in case.places_of(worker) if p is not aside and p.file == aside.file]
        near = [p for p in beside if p.key.rpartition(".")[0] == parent and set(tokens(p.leaf)) & _NAMES]
        for name in near:
            if re.fullmatch(r"[\w:.\-]+", name.value) and name.value != aside.value:
                yield Queue(worker, servers[0], name.value, aside)
                break


def _is_redis(case: Case, name: str) -> bool:
    connect = case.service(name).service.connect
    return connect is not None and connect.url.startswith("redis")


def _stuck(case: Case, worker: str) -> Iterator[Stuck]:
    """The newest complaint that it makes for the third time at least, with nothing else wrong since."""
    lines = [line.strip() for line in case.service(worker).log[-_TAIL:]]
    bad = [line for line in lines if _UNREADABLE.search(line) and _QUOTED.search(line)]
    times = sum(without_noise(line) == without_noise(bad[-1]) for line in bad) if bad else 0
    if times >= _OFTEN:
        clue = Clue(worker, f"log of {worker}", bad[-1], 0.95)
        for item in _quoted_in(bad[-1]):
            yield Stuck(clue, item, times)


def _quoted_in(line: str) -> tuple[str, ...]:
    """What stands in quotes, the longest first: a whole item rather than a word of the error."""
    found = (_unquoted(match.group()) for match in _QUOTED.finditer(line))
    return tuple(sorted((text for text in found if len(text) > _SHORTEST), key=len, reverse=True)[:2])


def _unquoted(text: str) -> str:
    try:
        value = literal_eval(text)
    except (ValueError, SyntaxError):
        return text.lstrip("b")[1:-1]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _put_aside(case: Case, queue: Queue, stuck: Stuck) -> Iterator[Candidate]:
    """From the list that the complaint names, which may be one beside the queue where the item is worked on."""
    named = re.search(
        rf"(?<![\w:]){re.escape(queue.source)}[\w:.\-]*\w", f"{stuck.clue.line.replace(stuck.item, ' ')} "
    )
    source = named.group() if named and named.group() != queue.aside.value else queue.source
    cause = f"{queue.worker} fails on one item of {source} again and again, and all others wait behind it."
    step = on_server(
        "redis.move_item", queue.server, "It is kept with the others that could not be used.", source=source,
        destination=queue.aside.value, item=stuck.item,
    )  # fmt: skip
    because = (f"log of {queue.worker}: {stuck.times} times.", f"{queue.aside.name} is {queue.aside.value}.")
    score = (0.85 if named else 0.7) * case.scope(queue.worker)
    yield from deed(case, "queues", score, cause, (step,), because=because, explains=(stuck.clue,))
