"""What a text looks like, whatever its name: only what no other known kind of file would say counts.

A text that is broken in one place still looks like what it is. Texts without a line that says something look like
nothing.
"""

import re
from collections.abc import Callable
from functools import cache

from prunella.configs.haproxy_sections import SECTIONS, UNNAMED
from prunella.domain.setting import Format

_OPENER = re.compile(r"(?:http|server|events|stream|types|(?:location|upstream|map|geo)\s[^;{}]*)\s*\{.*", re.DOTALL)
_DIRECTIVE = re.compile(r"([a-z][a-z0-9_]*)(?:\s[^=].*|;.*|\{.*)?")
_HAPROXY_WORDS = frozenset(
    {
        "acl", "balance", "bind", "daemon", "default_backend", "http-request", "log", "maxconn", "mode", "nameserver",
        "option", "peer", "retries", "server", "stats", "tcp-request", "timeout", "use_backend", "user",
    }
)  # fmt: skip
_POSTGRES_WORDS = frozenset(
    {
        "archive_command", "archive_mode", "autovacuum", "checkpoint_completion_target", "checkpoint_timeout",
        "data_directory", "datestyle", "deadlock_timeout", "default_statistics_target", "default_text_search_config",
        "dynamic_shared_memory_type", "effective_cache_size", "effective_io_concurrency", "full_page_writes",
        "hba_file", "hot_standby", "huge_pages", "ident_file", "idle_in_transaction_session_timeout", "lc_messages",
        "lc_monetary", "listen_addresses", "lock_timeout", "log_autovacuum_min_duration", "log_checkpoints",
        "log_line_prefix", "log_lock_waits", "log_min_duration_statement", "log_statement", "log_timezone",
        "logging_collector", "maintenance_work_mem", "max_parallel_workers", "max_replication_slots", "max_wal_senders",
        "max_wal_size", "max_worker_processes", "min_wal_size", "password_encryption", "primary_conninfo",
        "random_page_cost", "restore_command", "shared_buffers", "shared_preload_libraries", "ssl_cert_file",
        "ssl_key_file", "statement_timeout", "superuser_reserved_connections", "synchronous_commit", "temp_buffers",
        "track_activities", "unix_socket_directories", "wal_buffers", "wal_keep_size", "wal_level", "work_mem",
    }
)  # fmt: skip
_REDIS_WORDS = frozenset(
    {
        "aclfile", "active-defrag-ignore-bytes", "activedefrag", "activerehashing", "always-show-logo",
        "aof-load-truncated", "aof-use-rdb-preamble", "appenddirname", "appendfilename", "appendfsync", "appendonly",
        "auto-aof-rewrite-min-size", "auto-aof-rewrite-percentage", "client-output-buffer-limit", "databases",
        "dbfilename", "hash-max-ziplist-entries", "io-threads", "latency-monitor-threshold", "lazyfree-lazy-eviction",
        "loadmodule", "masterauth", "maxclients", "maxmemory", "maxmemory-policy", "maxmemory-samples",
        "min-replicas-to-write", "no-appendfsync-on-rewrite", "notify-keyspace-events", "protected-mode", "rdbchecksum",
        "rdbcompression", "rename-command", "repl-backlog-size", "repl-diskless-sync", "replica-priority",
        "replica-read-only", "replica-serve-stale-data", "replicaof", "requirepass", "sentinel", "slaveof",
        "slowlog-log-slower-than", "slowlog-max-len", "stop-writes-on-bgsave-error", "supervised", "tcp-backlog",
    }
)  # fmt: skip
_POSTGRES_COMMON = frozenset(
    {
        "cluster_name", "fsync", "include", "include_dir", "include_if_exists", "log_destination", "log_directory",
        "log_filename", "max_connections", "port", "ssl", "timezone",
    }
)  # fmt: skip
_REDIS_COMMON = frozenset(
    {
        "bind", "daemonize", "dir", "hz", "include", "logfile", "loglevel", "pidfile", "port", "save", "tcp-keepalive",
        "timeout", "unixsocket", "unixsocketperm", "user",
    }
)  # fmt: skip
_WORD_AND_VALUE = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s+[^=\s{].*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][\w.]+)\s*(?:=\s*|\s)(?:'(?:[^']|'')*'|[^\s'=;{]+)")
_SETS = re.compile(r"[\w.-]+\s*[=:]\s.*[^;{}]")
_HBA_START = re.compile(r"(?:local|host\w*|include\w*|@\S+)\s")
_REDIS = _REDIS_WORDS | _REDIS_COMMON
_POSTGRES = _POSTGRES_WORDS | _POSTGRES_COMMON
_HBA_LINE = re.compile(
    r"(?:local|host|hostssl|hostnossl|hostgssenc|hostnogssenc)\s+\S+\s+\S+(?:\s+\S+)*?"
    r"\s+(?:trust|reject|md5|scram-sha-256|password|gss|sspi|ident|peer|pam|ldap|radius|cert|bsd)(?:\s.*)?"
)
_INI_SECTION = re.compile(r"\[[^\[\]]+\]\s*(?:[#;].*)?")


def looks_like(text: str, near: Format | None = None) -> Format | None:
    """None: nothing that is known, or not surely. `near` is the server whose folder it lies in: less will do for it."""
    lines = _lines(text)
    if not lines:
        return None
    found = next((fmt for fmt, is_like in _SURE.items() if is_like(lines)), None)
    is_near = found is None and near in _NEAR and _NEAR[near](lines)
    return near if is_near else found


def may_be(fmt: Format, text: str) -> bool:
    """Whether a file that is called so can be one. One that says nothing can."""
    lines = _lines(text)
    if not lines:
        return True
    if fmt is not Format.INI and _INI_SECTION.fullmatch(lines[0]):
        return False
    return fmt not in _LIKELY or _LIKELY[fmt](lines)


def _lines(text: str) -> list[str]:
    """Those that say something, without blanks around them and without a comment behind."""
    stripped = (re.sub(r"\s#.*", "", line.strip()) for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith(("#", ";"))]


def _share(lines: list[str], is_like: Callable[[str], object]) -> float:
    return sum(1 for line in lines if is_like(line)) / len(lines) if lines else 0.0


def _is_nginx(lines: list[str]) -> bool:
    """Lines end as nginx's do, open a block that only nginx has or set what only nginx has, and are mostly known."""
    named = [match[1] for line in lines if (match := _DIRECTIVE.fullmatch(line))]
    is_shaped = _share(lines, _is_braced) >= 0.6 and any(line[-1] == ";" for line in lines)
    if len(named) < 2 or not is_shaped or any(line == "};" or _SETS.fullmatch(line) for line in lines):
        return False
    opens = any(_OPENER.fullmatch(line) for line in lines)
    known = [name for name in named if name in _directives()]
    tells = {name for name in known if "_" in name}
    return len(known) >= 0.6 * len(named) and (opens or (len(tells) > 1 and len(known) >= 0.8 * len(lines)))


@cache
def _directives() -> frozenset[str]:
    from prunella.configs.nginx_directives import known_directives

    return known_directives()


def _is_haproxy(lines: list[str]) -> bool:
    """It begins with a section, and in its sections stands what stands in HAProxy's."""
    plain = [line for line in lines if not line.startswith(".")]
    if not plain or not _is_section(plain[0]) or _share(plain, lambda line: line.endswith(("{", ";", ":"))) > 0:
        return False
    inner = [line for line in plain if not _is_section(line)]
    known = _share(inner, lambda line: line.split()[0] in _HAPROXY_WORDS)
    return known >= 0.3 and _share(inner, lambda line: re.match(r"[\w.-]+\s*[=:](?!\S)", line)) == 0


def _is_section(line: str) -> bool:
    words = line.split()
    least, most = (1, 1) if words[0] in UNNAMED else (1 if words[0] == "defaults" else 2, 4)
    return words[0] in SECTIONS and least <= len(words) <= most


def _is_postgres(lines: list[str]) -> bool:
    told = _told(lines, _ASSIGNMENT, _POSTGRES_WORDS)
    return told > 1 and 2 * told >= len(lines) and _share(lines, _ASSIGNMENT.fullmatch) >= 0.8


def _is_redis(lines: list[str]) -> bool:
    known = _told(lines, _WORD_AND_VALUE, _REDIS)
    return _told(lines, _WORD_AND_VALUE, _REDIS_WORDS) > 0 and known > 1 and known >= 0.7 * len(lines)


def _told(lines: list[str], shape: re.Pattern[str], words: frozenset[str]) -> int:
    """How many lines have that shape and begin with one of the words."""
    return sum(1 for line in lines if (match := shape.fullmatch(line)) and match[1].lower() in words)


def _is_braced(line: str) -> bool:
    return line[-1] in ";{}" and line != "};"


def _is_hba(lines: list[str]) -> bool:
    return bool(lines) and all(_HBA_LINE.fullmatch(line) for line in lines)


_SURE: dict[Format, Callable[[list[str]], bool]] = {
    Format.INI: lambda lines: bool(lines) and _INI_SECTION.fullmatch(lines[0]) is not None,
    Format.PG_HBA: _is_hba,
    Format.HAPROXY: _is_haproxy,
    Format.NGINX: _is_nginx,
    Format.POSTGRES: _is_postgres,
    Format.REDIS: _is_redis,
}
_LIKELY: dict[Format, Callable[[list[str]], bool]] = {
    Format.NGINX: lambda lines: _share(lines, _is_braced) >= 0.5,
    Format.HAPROXY: lambda lines: any(map(_is_section, lines)) and _share(lines, _is_braced) < 0.5,
    Format.POSTGRES: lambda lines: _share(lines, _ASSIGNMENT.fullmatch) >= 0.5,
    Format.PG_HBA: lambda lines: _share(lines, _HBA_START.match) >= 0.5,
    Format.REDIS: lambda lines: _told(lines, _WORD_AND_VALUE, _REDIS) > 0 and _share(lines, _is_braced) < 0.5,
}
_NEAR: dict[Format | None, Callable[[list[str]], bool]] = {
    Format.NGINX: lambda lines: _told(lines, _DIRECTIVE, _directives()) > 0 and _share(lines, _is_braced) >= 0.8,
    Format.POSTGRES: lambda lines: (
        _told(lines, _ASSIGNMENT, _POSTGRES) > 0 and _share(lines, _ASSIGNMENT.fullmatch) >= 0.8
    ),
}
