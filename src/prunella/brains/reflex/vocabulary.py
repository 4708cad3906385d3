"""Words that settings are made of, everywhere or in this fleet, and the one that a slip of the fingers hid."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from prunella.brains.reflex.names import distance, is_near

_WORDS = """
access active address admin algorithm allow allowed api app append appendonly application archive async auth auto
autorestart autostart backend backlog backoff backup base batch bind body broker bucket buffer buffers bytes cache
capacity cert certificate channel charset check cipher class client cluster code command common compression
concurrency config connect connection connections console content cookie count credentials cursor daemon data database
databases datasource date days db debug default delay depth dialect dir directory disable disabled domain driver dump
duration email enable enabled encoding endpoint engine env environment error errors event events every expire expiry
external factor fail failure feature fetch file files filter flag flush folder format frequency front gateway global
grace group handler hash header headers health heartbeat host hostname hosts hours http https id idle image include
index info initial input instance int interval issuer job jobs json keep keepalive key keys keyspace kind language
latency length level limit limits line link list listen listener load local locale location lock log logfile logger
logging logs mail main management mapping master max maximum maxmemory memory message messages method methods metric
metrics millis milliseconds min minimum mins minutes mode model module monitor name names namespace network node
notify number object offset open option options order origin output owner page params parent pass password path paths
pattern peer period pid pidfile policy pool port ports prefetch prefix primary priority private process processes prod
producer profile program protocol proxy public purge push query queue quota rate ratio read reader readonly realm
receive record redirect redis refresh region release reload remote replica request requests require required resolver
resource response restart result retention retries retry return role root rotate rotation route routes rule rules run
runtime sample save scale schedule schema scheme scope script search seconds secret secs section secure security
select send sender sentinel server servers service session set settings shard shared shutdown signature site size
sleep slot smtp snapshot socket source space ssl stage start startup state statement static status stderr stdout step
stop storage store strategy stream strict string subject sync table tag target tasks tcp template tenant text thread
threads threshold time timeout timezone tls token tokens topic total trace transaction transport trust ttl type unit
units unix update upload upper upstream uri url use user username users valid value values verbose verify version
virtual visibility volume wait warning watch web weight window worker workers working write writer zone
"""
USUAL_WORDS = frozenset(_WORDS.split())
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SHORTEST = 3


def words_in(texts: Iterable[str]) -> frozenset[str]:
    """The words, in lower case, that stand at least twice in `texts`: one that stands there once may be the slip."""
    counted = Counter(word.lower() for text in texts for word in _WORD.findall(text))
    return frozenset(word for word, times in counted.items() if times > 1 and len(word) >= _SHORTEST)


def mended_names(key: str, own: frozenset[str] = frozenset()) -> Iterator[str]:
    """`key` with one of its words spelled as usual, case and separators kept; nothing when all words are usual.

    `own` are the words that are usual in this fleet.
    """
    usual_words = USUAL_WORDS | own
    for word in re.findall(r"[A-Za-z]+", key):
        for part in dict.fromkeys((word, *_WORD.findall(word))):
            if part.lower() in usual_words:
                continue
            near = [(distance(part.lower(), usual), usual) for usual in usual_words if is_near(part.lower(), usual)]
            for apart, usual in sorted(near):
                if apart == min(near)[0]:
                    yield key.replace(part, _cased(part, usual), 1)


def _cased(like: str, word: str) -> str:
    return word.upper() if like.isupper() else word.capitalize() if like[:1].isupper() else word
