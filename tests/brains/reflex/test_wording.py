"""What haproxy 2.6 and nginx 1.22 say of one wrong word, and that the word is mended in its place."""

import pytest

from tests.brains.reflex.paper import Unit, rank_of

HAPROXY = """global
    maxconn 1000

defaults
    mode http
    timeout connect 2s

frontend pay
    bind 127.0.0.1:3000
    default_backend payments

backend payments
    balance roundrobin
    option httpchk GET /health
    server a 127.0.0.1:6379 check maxconn 100
"""
NGINX = """worker_processes 1;
events { worker_connections 64; }
http {
  upstream backend {
    server 127.0.0.1:6379;
  }
  server {
    listen 3000;
    location / {
      proxy_pass http://backend;
      proxy_read_timeout 5s;
      client_max_body_size 2m;
    }
  }
}
"""
TIMEOUTS = (
    "'timeout' supports 'client', 'server', 'connect', 'check', 'queue', 'tunnel' and 'server-fin' (got 'conect')"
)
BALANCES = "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source' and 'rdp-cookie(name)' options."
UNKNOWN = "'server payments/a' : unknown keyword 'chek'; did you mean 'check' maybe ?"
UNFOUND = "Proxy 'pay': unable to find required default_backend: 'paymnts'."
HAPROXY_SLIPS = {
    "timeout": ("connect", "conect", f"parsing [/srv/fleet/web/haproxy.cfg:6] : {TIMEOUTS}"),
    "keyword": ("check max", "chek max", f"[/srv/fleet/web/haproxy.cfg:15] : {UNKNOWN}"),
    "balance": ("roundrobin", "roundrobn", f"parsing [/srv/fleet/web/haproxy.cfg:13] : {BALANCES}"),
    "reference": ("default_backend payments", "default_backend paymnts", UNFOUND),
    "mode": ("mode http", "mode htpp", "parsing [/srv/fleet/web/haproxy.cfg:5] : unknown proxy mode 'htpp'."),
}  # fmt: skip
NGINX_SLIPS = {
    "separator": ("proxy_pass", "proxypass", 'unknown directive "proxypass" in', 10),
    "in a short block": ("worker_connections", "worker_connection", 'unknown directive "worker_connection" in', 2),
    "block": ("location", "locaton", 'unknown directive "locaton" in', 9),
    "case": ("listen", "Listen", 'unknown directive "Listen" in', 8),
    "reference": ("//backend", "//bakcend", 'host not found in upstream "bakcend" in', 10),
    "scheme": ("http://", "htp://", "invalid URL prefix in", 10),
    "unit of time": ("5s", "5sec", '"proxy_read_timeout" directive invalid value in', 11),
    "unit of size": ("2m", "2mb", '"client_max_body_size" directive invalid value in', 12),
}


def rank(file: str, good: str, bad: str, said: str) -> int | None:
    web = Unit({f"web/{file}": bad}, port=3000, listens=3000, preflight=said, needs=("redis",))
    units = {"web": web, "redis": Unit(port=6379, listens=6379, tcp=True)}
    return rank_of(units, "web", f"web/{file}", good)


@pytest.mark.parametrize("slip", HAPROXY_SLIPS)
def test_haproxy_gets_the_word_that_it_knows(slip: str):
    right, wrong, said = HAPROXY_SLIPS[slip]
    said = f"[ALERT]    (1) : config : {said}\n[ALERT]    (1) : config : Fatal errors found in configuration."
    assert rank("haproxy.cfg", HAPROXY, HAPROXY.replace(right, wrong, 1), said) == 1


@pytest.mark.parametrize("slip", NGINX_SLIPS)
def test_nginx_gets_the_word_that_it_knows(slip: str):
    right, wrong, said, line = NGINX_SLIPS[slip]
    place = "/srv/fleet/web/nginx.conf"
    said = f"[emerg] 1#1: {said} {place}:{line}\nnginx: configuration file {place} test failed"
    assert rank("nginx.conf", NGINX, NGINX.replace(right, wrong, 1), said) == 1


@pytest.mark.parametrize("wrong", ["host all APP 127.0.0.1/32 SCRAM-SHA-256", "host all app 127.0.0.1/32 scram-sha256"])
def test_a_method_of_pg_hba_is_spelled_as_postgres_does_and_never_asks_for_nothing(wrong: str):
    good = "local all all peer\nhost all app 127.0.0.1/32 scram-sha-256\n"
    bad = good.replace("host all app 127.0.0.1/32 scram-sha-256", wrong)
    said = f'LOG:  invalid authentication method "{wrong.rsplit(maxsplit=1)[-1]}"\nFATAL:  could not load pg_hba.conf'
    db = {"db": Unit({"db/pg_hba.conf": bad}, port=5432, running=False, preflight=said)}
    assert rank_of(db, "db", "db/pg_hba.conf", good) == 1
