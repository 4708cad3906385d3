"""The fleet's configuration files, as a careful operator would have written them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.incidents.customers import FEE_PERCENT, NAME
from bench.incidents.ports import Ports


@dataclass(frozen=True)
class Site:
    """What the files need to know. `users`: whom servers run as, by server ("": as who starts them)."""

    folder: Path
    ports: Ports
    secrets: Mapping[str, str]
    users: Mapping[str, str]
    programs: Mapping[str, str]
    variant: str

    def fill(self, text: str, **more: object) -> str:
        """`«name»` for what is known by that name."""
        ports = {
            "pay_a": self.ports.payments[0], "pay_b": self.ports.payments[1], "fraud": self.ports.fraud,
            "catalog": self.ports.catalog, "auth": self.ports.auth, "postgres": self.ports.postgres,
            "redis": self.ports.redis, "edge": self.ports.edge, "tls": self.ports.edge_tls,
            "haproxy": self.ports.haproxy,
        }  # fmt: skip
        known = {"folder": self.folder, "name": NAME, **ports, **self.secrets, **self.programs, **more}
        for name, value in known.items():
            text = text.replace(f"«{name}»", str(value))
        return text


def files_of(site: Site) -> Mapping[str, str]:
    """All texts by path; of each variant only its own."""
    found = {path: site.fill(text) for path, text in _FILES.items()}
    found["edge/nginx.conf"] = site.fill(_NGINX, user=_line("user", site.users["edge"], ";"))
    found["edge/sites/shop.conf"] = site.fill(_SITE, servers=_servers(site))
    found["payments/config.yaml"] = site.fill(_PAYMENTS_YAML, fee=FEE_PERCENT)
    found["catalog/catalog.json"] = _catalog(site)
    found["supervisor/supervisord.conf"] = _supervisord(site)
    if site.variant == "haproxy":
        found["haproxy/haproxy.cfg"] = site.fill(_HAPROXY)
    return found


def _line(key: str, value: str, end: str = "") -> str:
    return f"{key} {value}{end}\n" if value else ""


def _servers(site: Site) -> str:
    ports = (site.ports.haproxy,) if site.variant == "haproxy" else site.ports.payments
    return "\n".join(f"    server 127.0.0.1:{port} max_fails=0;" for port in ports)


_NGINX = """\
# The edge: everything that customers see goes through here.
«user»worker_processes 1;
worker_rlimit_nofile 4096;
pid «folder»/run/nginx.pid;
error_log «folder»/log/edge.error.log warn;

events {
    worker_connections 1024;
}

http {
    types {
        text/html html;
        text/css css;
        application/json json;
    }
    default_type application/octet-stream;
    log_format main '$remote_addr [$time_iso8601] "$request" $status $body_bytes_sent "$http_user_agent" $request_time';
    access_log «folder»/log/edge.access.log main;

    client_body_temp_path «folder»/run/nginx/body;
    proxy_temp_path «folder»/run/nginx/proxy;
    fastcgi_temp_path «folder»/run/nginx/fastcgi;
    uwsgi_temp_path «folder»/run/nginx/uwsgi;
    scgi_temp_path «folder»/run/nginx/scgi;

    sendfile on;
    keepalive_timeout 65;
    client_max_body_size 1m;
    proxy_connect_timeout 2s;
    proxy_read_timeout 10s;
    proxy_send_timeout 10s;
    # a payment is never sent twice
    proxy_next_upstream off;

    include «folder»/edge/sites/*.conf;
}
"""
_SITE = """\
upstream payments {
«servers»
}

upstream catalog {
    server 127.0.0.1:«catalog»;
}

upstream auth {
    server 127.0.0.1:«auth»;
}

upstream fraud {
    server 127.0.0.1:«fraud»;
}

server {
    listen 127.0.0.1:«edge»;
    server_name «name»;

    location = /health {
        return 200 "ok\\n";
    }

    location / {
        root «folder»/edge/www;
        index index.html;
    }
}

server {
    listen 127.0.0.1:«tls» ssl;
    server_name «name»;

    ssl_certificate «folder»/edge/certs/edge.crt;
    ssl_certificate_key «folder»/edge/certs/edge.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    add_header Strict-Transport-Security "max-age=31536000";

    location / {
        root «folder»/edge/www;
        index index.html;
    }

    location /pay {
        proxy_pass http://payments;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
    }

    location /catalog {
        proxy_pass http://catalog;
    }

    location /auth/ {
        proxy_pass http://auth;
    }

    location /fraud/ {
        proxy_pass http://fraud/;
        allow 127.0.0.1;
        deny all;
    }
}
"""
_HAPROXY = """\
# Spreads payments over both instances.
global
    maxconn 1000
    log stdout format raw local0

defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 15s
    timeout server 15s
    timeout queue 5s
    retries 0

frontend pay
    bind 127.0.0.1:«haproxy»
    maxconn 500
    default_backend payments

backend payments
    balance roundrobin
    option httpchk GET /health
    default-server inter 1s fall 2 rise 1
    server payments-a 127.0.0.1:«pay_a» check maxconn 100
    server payments-b 127.0.0.1:«pay_b» check maxconn 100
"""
_PAYMENTS_YAML = """\
# payments: what it does. Where it finds the others stands in .env.
currency: EUR
fee_percent: «fee»
workers: 16
timeout: 5
limits:
  amount: 5000000
  memory_mb: 1600
features:
  instalments: false
database:
  pool: 8
  statement_timeout_ms: 4000
queue:
  name: jobs
fraud:
  required: true
  timeout: 2.0
  retries: 1
  backoff: 0.05
clock:
  offset: 0
log:
  level: INFO
  file: «folder»/log/payments.log
"""
_FILES = {
    "payments/.env": """\
# payments: where it finds the others, and how it shows who it is
DATABASE_URL=postgresql://payments@127.0.0.1:«postgres»/shop
DATABASE_PASSWORD=«db_payments»
REDIS_URL=redis://127.0.0.1:«redis»/0
REDIS_PASSWORD=«redis_password»
FRAUD_URL=http://fraud:«fraud»
TOKEN_KEY=«token»
""",
    "ledger-worker/worker.toml": """\
# ledger-worker: from the queue into the ledger
[queue]
url = "redis://127.0.0.1:«redis»/0"
password = "«redis_password»"
name = "jobs"
dead_letter = "jobs:dead"
batch = 10

[database]
url = "postgresql://ledger@127.0.0.1:«postgres»/shop"
password = "«db_ledger»"

[retry]
attempts = 0 # a job is never thrown away by itself
backoff = 1.0
wait = 30.0

[notify]
url = "http://127.0.0.1:«fraud»/notify"
timeout = 1.0
retries = 2
backoff = 0.5

[log]
level = "INFO"
file = "«folder»/log/ledger-worker.log"
""",
    "fraud/fraud.ini": """\
; fraud: scores payments
[server]
host = 127.0.0.1
port = «fraud»
workers = 32
latency_ms = 10

[rules]
limit = 4000000

[auth]
check_tokens = true
skew = 30
key_file = «folder»/secrets/token
""",
    "auth/auth.yaml": """\
# auth: who may log in
server:
  host: 127.0.0.1
  port: «auth»
tokens:
  ttl: 900
  required: true
""",
    "postgres/postgresql.conf": """\
# PostgreSQL of the shop
data_directory = '«folder»/postgres/data'
hba_file = '«folder»/postgres/pg_hba.conf'
ident_file = '«folder»/postgres/pg_ident.conf'

listen_addresses = '127.0.0.1'
port = «postgres»
unix_socket_directories = '«folder»/run'
max_connections = 60
superuser_reserved_connections = 3
password_encryption = scram-sha-256

shared_buffers = 64MB
work_mem = 4MB
maintenance_work_mem = 32MB
temp_buffers = 8MB
max_wal_size = 256MB
min_wal_size = 80MB
checkpoint_timeout = 5min
wal_level = replica
synchronous_commit = on
max_worker_processes = 4
statement_timeout = 30s
idle_in_transaction_session_timeout = 0
lock_timeout = 0
log_min_messages = warning
log_line_prefix = '%m [%p] %u@%d '
log_timezone = 'UTC'
timezone = 'UTC'
datestyle = 'iso, mdy'
dynamic_shared_memory_type = posix
""",
    "postgres/pg_hba.conf": """\
# TYPE  DATABASE  USER       ADDRESS        METHOD
local   all       postgres                  scram-sha-256
host    shop      payments   127.0.0.1/32   scram-sha-256
host    shop      ledger     127.0.0.1/32   scram-sha-256
host    all       operator   127.0.0.1/32   scram-sha-256
""",
    "postgres/pg_ident.conf": "# MAPNAME  SYSTEM-USERNAME  PG-USERNAME\n",
    "redis/redis.conf": """\
# Redis of the shop: the queue of paid jobs
bind 127.0.0.1
port «redis»
protected-mode yes
requirepass «redis_password»
timeout 0
tcp-keepalive 300
maxclients 500
daemonize no
loglevel notice
logfile «folder»/log/redis.log
dir «folder»/redis/data
dbfilename dump.rdb
save 300 100
stop-writes-on-bgsave-error yes
rdbcompression yes
rdbchecksum yes
appendonly yes
appendfsync everysec
maxmemory 64mb
maxmemory-policy noeviction
databases 4
""",
    "etc/hosts": """\
# names of the fleet
127.0.0.1 localhost
127.0.0.1 fraud
127.0.0.1 ledger
127.0.0.1 catalog auth
""",
    "edge/www/index.html": "<!doctype html>\n<title>The tea house</title>\n<p>Tea, and nothing else.\n",
    "edge/www/style.css": "p { color: #265; }\n",
    "edge/www/terms.html": "<!doctype html>\n<title>Terms</title>\n<p>Pay first.\n",
}


def _catalog(site: Site) -> str:
    items = [{"name": name, "cents": cents} for name, cents in (("assam", 420), ("sencha", 510), ("rooibos", 380))]
    server = {"host": "127.0.0.1", "port": site.ports.catalog}
    return json.dumps({"server": server, "page_size": 20, "items": items}, indent=2) + "\n"


def _supervisord(site: Site) -> str:
    programs = [*_PROGRAMS, *([_HAPROXY_PROGRAM] if site.variant == "haproxy" else [])]
    users = {f"{name}_user": f"user={user}\n" if user else "" for name, user in site.users.items()}
    text = "\n".join((_SUPERVISORD, *programs))
    return site.fill(text, **users)


_SUPERVISORD = """\
; Starts and watches everything.
[unix_http_server]
file=«folder»/run/supervisor.sock
chmod=0700

[supervisord]
«supervisord_user»logfile=«folder»/log/supervisord.log
logfile_maxbytes=5MB
logfile_backups=1
pidfile=«folder»/run/supervisord.pid
childlogdir=«folder»/log
nodaemon=true

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[supervisorctl]
serverurl=unix://«folder»/run/supervisor.sock
"""
_HAPROXY_PROGRAM = """\
[program:haproxy]
command=«haproxy_program» -db -f «folder»/haproxy/haproxy.cfg
directory=«folder»
priority=40
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/haproxy.log
"""
_PROGRAMS = (
    """\
[program:postgres]
command=«postgres_program» -D «folder»/postgres/data -c config_file=«folder»/postgres/postgresql.conf
«postgres_user»directory=«folder»/postgres
priority=10
stopsignal=INT
stopwaitsecs=20
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/postgres.log
""",
    """\
[program:redis]
command=«redis_program» «folder»/redis/redis.conf
directory=«folder»/redis
priority=10
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/redis.out
""",
    """\
[program:fraud]
command=«python» «folder»/fraud/fraud.py fraud «folder»/fraud/fraud.ini
directory=«folder»/fraud
priority=20
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/fraud.log
""",
    """\
[program:payments]
command=«python» «folder»/payments/current/payments.py
process_name=%(program_name)s_%(process_num)d
numprocs=2
numprocs_start=«pay_a»
environment=PAYMENTS_PORT="%(process_num)d",PAYMENTS_HOME="«folder»/payments",FLEET_HOSTS="«folder»/etc/hosts"
directory=«folder»/payments
priority=30
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/payments.out
""",
    """\
[program:ledger-worker]
command=«python» «folder»/ledger-worker/worker.py «folder»/ledger-worker/worker.toml
directory=«folder»/ledger-worker
priority=30
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/ledger-worker.out
""",
    """\
[program:catalog]
command=«python» «folder»/catalog/catalog.py catalog «folder»/catalog/catalog.json
directory=«folder»/catalog
priority=30
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/catalog.log
""",
    """\
[program:auth]
command=«python» «folder»/auth/auth.py auth «folder»/auth/auth.yaml
directory=«folder»/auth
priority=30
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/auth.log
""",
    """\
[program:edge]
command=«nginx_program» -p «folder»/edge -c «folder»/edge/nginx.conf -e «folder»/log/edge.error.log -g "daemon off;"
directory=«folder»/edge
priority=50
stopsignal=QUIT
autorestart=true
startsecs=1
startretries=3
redirect_stderr=true
stdout_logfile=«folder»/log/edge.out
""",
)
