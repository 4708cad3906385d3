"""Legitimate edits: what operators do to a healthy fleet between a snapshot and the next incident."""

from bench.incidents.laying import until_serving
from bench.incidents.yard import Yard

_REPORTS = "host    shop      reports    127.0.0.1/32   scram-sha-256\n"


async def age(yard: Yard) -> None:
    """Thirteen settings in eleven files; the fleet is as healthy as before, and runs on them."""
    yard.edit("edge/nginx.conf", "keepalive_timeout 65;", "keepalive_timeout 30;")
    yard.edit("edge/nginx.conf", "client_max_body_size 1m;", "client_max_body_size 2m;")
    yard.edit("edge/sites/shop.conf", "max-age=31536000", "max-age=63072000")
    yard.edit("payments/config.yaml", "backoff: 0.05", "backoff: 0.1")
    yard.set_line("payments/config.yaml", "statement_timeout_ms", "3000")
    yard.edit("payments/.env", "# payments: where", "# payments (owner: anna): where")
    yard.edit("ledger-worker/worker.toml", "batch = 10", "batch = 20")
    yard.edit("fraud/fraud.ini", "latency_ms = 10", "latency_ms = 5")
    yard.edit("postgres/postgresql.conf", "work_mem = 4MB", "work_mem = 8MB")
    yard.edit("redis/redis.conf", "maxmemory 64mb", "maxmemory 96mb")
    yard.edit("catalog/catalog.json", '"cents": 420', '"cents": 440')
    yard.write("postgres/pg_hba.conf", yard.read("postgres/pg_hba.conf") + _REPORTS)
    program, retries = "program:catalog]", "startretries=3"
    head, _, rest = yard.read("supervisor/supervisord.conf").partition(program)
    yard.write("supervisor/supervisord.conf", head + program + rest.replace(retries, "startretries=5", 1))
    await yard.update()
    for service in ("edge", "payments", "postgres"):
        await yard.reload(service)
    for service in ("ledger-worker", "fraud", "redis", "catalog"):
        await yard.restart(service)
    await until_serving(yard)
