"""The fleet's `prunella.toml`, as an operator who knows the services would write it."""

from bench.incidents.fleet.texts import Site


def declare(site: Site) -> str:
    """The whole file."""
    haproxy = [_HAPROXY] if site.variant == "haproxy" else []
    return site.fill("\n".join((_HEAD, _EDGE, *haproxy, _OTHERS)), needs='"haproxy"' if haproxy else '"payments"')


_HEAD = """\
[fleet]
name = "tea-house"

[policy]
autonomy = "auto"
"""
_EDGE = """\
[service.edge]
supervisor = { kind = "supervisord", program = "edge", config = "supervisor/supervisord.conf" }
config = ["edge/nginx.conf", "edge/sites/shop.conf"]
paths = ["edge/certs", "edge/www"]
preflight = ["«nginx_program»", "-t", "-p", "edge", "-c", "«folder»/edge/nginx.conf", "-e", "log/edge.error.log"]
reload = ["«supervisorctl»", "-c", "supervisor/supervisord.conf", "signal", "HUP", "edge"]
logs = ["log/edge.error.log", "log/edge.access.log", "log/edge.out"]
needs = [«needs», "catalog", "auth"]
probes = [
  { http = "http://127.0.0.1:«edge»/health" },
  { http = "http://127.0.0.1:«edge»/", contains = "tea house" },
  { tls = "127.0.0.1:«tls»", name = "«name»", ca = "edge/certs/ca.crt", days = 7 },
  { name = "journey", command = ["«python»", "probes/journey.py", "«tls»"], timeout = "8s" },
  { name = "burst", command = ["«python»", "probes/burst.py", "«tls»"], every = "60s", timeout = "20s" },
  { process = true },
]
"""
_HAPROXY = """\
[service.haproxy]
supervisor = { kind = "supervisord", program = "haproxy", config = "supervisor/supervisord.conf" }
config = ["haproxy/haproxy.cfg"]
preflight = ["«haproxy_program»", "-c", "-f", "haproxy/haproxy.cfg"]
logs = ["log/haproxy.log"]
needs = ["payments"]
probes = [{ http = "http://127.0.0.1:«haproxy»/health" }, { process = true }]
"""
_OTHERS = """\
[service.payments]
supervisor = { kind = "supervisord", program = "payments", config = "supervisor/supervisord.conf" }
config = ["payments/.env", "payments/config.yaml"]
paths = ["payments/current", "payments/releases"]
preflight = ["env", "PAYMENTS_HOME=«folder»/payments", "«python»", "payments/current/payments.py", "--check"]
reload = ["«supervisorctl»", "-c", "supervisor/supervisord.conf", "signal", "HUP", "payments:*"]
logs = ["log/payments.log", "log/payments.out"]
needs = ["postgres", "redis", "fraud"]
secrets = { DATABASE_PASSWORD = "file:secrets/db_payments", REDIS_PASSWORD = "file:secrets/redis", \
TOKEN_KEY = "file:secrets/token" }
probes = [
  { http = "http://127.0.0.1:«pay_a»/health" },
  { http = "http://127.0.0.1:«pay_b»/health" },
  { name = "journey a", command = ["«python»", "probes/journey.py", "«pay_a»", "--plain"], timeout = "8s" },
  { name = "journey b", command = ["«python»", "probes/journey.py", "«pay_b»", "--plain"], timeout = "8s" },
  { log = "log/payments.log", forbid = '\\b\\d{13,16}\\b' },
  { process = true },
]

[service.ledger-worker]
supervisor = { kind = "supervisord", program = "ledger-worker", config = "supervisor/supervisord.conf" }
config = ["ledger-worker/worker.toml"]
preflight = ["«python»", "ledger-worker/worker.py", "ledger-worker/worker.toml", "--check"]
logs = ["log/ledger-worker.log", "log/ledger-worker.out"]
needs = ["postgres", "redis", "fraud"]
secrets = { DATABASE_PASSWORD = "file:secrets/db_ledger", REDIS_PASSWORD = "file:secrets/redis" }
probes = [
  { name = "lag", command = ["«python»", "probes/lag.py", "«redis»", "secrets/redis"], timeout = "8s" },
  { process = true },
]

[service.fraud]
supervisor = { kind = "supervisord", program = "fraud", config = "supervisor/supervisord.conf" }
config = ["fraud/fraud.ini"]
preflight = ["«python»", "fraud/fraud.py", "fraud", "fraud/fraud.ini", "--check"]
logs = ["log/fraud.log"]
probes = [{ http = "http://127.0.0.1:«fraud»/health" }]

[service.catalog]
supervisor = { kind = "supervisord", program = "catalog", config = "supervisor/supervisord.conf" }
config = ["catalog/catalog.json"]
preflight = ["«python»", "catalog/catalog.py", "catalog", "catalog/catalog.json", "--check"]
logs = ["log/catalog.log"]
probes = [{ http = "http://127.0.0.1:«catalog»/catalog", contains = "sencha" }]

[service.auth]
supervisor = { kind = "supervisord", program = "auth", config = "supervisor/supervisord.conf" }
config = ["auth/auth.yaml"]
preflight = ["«python»", "auth/auth.py", "auth", "auth/auth.yaml", "--check"]
logs = ["log/auth.log"]
probes = [{ http = "http://127.0.0.1:«auth»/health" }, { http = "http://127.0.0.1:«auth»/auth/login", expect = 401 }]

[service.postgres]
supervisor = { kind = "supervisord", program = "postgres", config = "supervisor/supervisord.conf" }
config = ["postgres/postgresql.conf", "postgres/pg_hba.conf"]
paths = ["postgres/data"]
disposable = ["postgres/data/core", "postgres/data/core.*", "postgres/data/pg_wal/core.*"]
reload = ["«supervisorctl»", "-c", "supervisor/supervisord.conf", "signal", "HUP", "postgres"]
logs = ["log/postgres.log"]
connect = { url = "postgresql://operator@127.0.0.1:«postgres»/shop", password = "OPERATOR_PASSWORD" }
secrets = { OPERATOR_PASSWORD = "file:secrets/db_operator", PAYMENTS_PASSWORD = "file:secrets/db_payments" }
probes = [
  { sql = "postgresql://payments@127.0.0.1:«postgres»/shop", \
query = "select count(*) from payments where reference = ''", password = "PAYMENTS_PASSWORD" },
  { disk = "postgres/data" },
]

[service.redis]
supervisor = { kind = "supervisord", program = "redis", config = "supervisor/supervisord.conf" }
config = ["redis/redis.conf"]
paths = ["redis/data"]
disposable = ["redis/data/core", "redis/data/core.*", "redis/data/temp-*.rdb"]
logs = ["log/redis.log", "log/redis.out"]
connect = { url = "redis://127.0.0.1:«redis»/0", password = "REDIS_PASSWORD" }
secrets = { REDIS_PASSWORD = "file:secrets/redis" }
probes = [
  { redis = "redis://127.0.0.1:«redis»/0", password = "REDIS_PASSWORD", write = true },
  { disk = "redis/data" },
]

[service.logs]
paths = ["log"]
probes = [{ disk = "log" }]
"""
