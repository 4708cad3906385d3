"""Faults of many kinds of servers, each in its own words, without any reference: which proposal is the repair."""

from dataclasses import replace

import pytest

from tests.brains.reflex.paper import Unit, rank_of

DOWN = {"running": False, "listens": None}

NODE = """{
  "server": {
    "port": 3000,
    "host": "127.0.0.1"
  },
  "log": { "level": "info" },
  "redisUrl": "redis://127.0.0.1:6379/0",
  "session": { "ttl": 3600, "secure": true }
}
"""
GO = """listen: ":3000"
database:
  dsn: "host=127.0.0.1 port=5432 user=app dbname=shop"
  max_open: 20
timeouts:
  read: 5s
  write: 10s
log_level: info
"""
SPRING = """server:
  port: 3000
spring:
  datasource:
    url: jdbc:postgresql://127.0.0.1:5432/shop
    username: app
  jackson:
    time-zone: UTC
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
    }
  }
}
"""
REDIS = """# cache
port 3000
bind 127.0.0.1
requirepass s3cret
maxmemory 64mb
maxmemory-policy noeviction
appendonly yes
"""
POSTGRES = """# main
port = 3000
max_connections = 100
shared_buffers = 128MB
listen_addresses = '127.0.0.1'
"""
DJANGO = """DEBUG=false
SECRET_KEY=abc123
DATABASE_URL=postgres://app@127.0.0.1:5432/shop
ALLOWED_HOSTS=127.0.0.1
# one of: console, smtp
EMAIL_BACKEND=smtp
# WEB_CONCURRENCY=2
CACHE_TTL=300 # seconds (1-600)
"""
TOML = """[server]
bind = "127.0.0.1:3000"
workers = 4

[queue]
url = "redis://127.0.0.1:6379/1"
batch = 50
enabled = true
"""
INI = """[server]
port = 3000
threads = 8

[storage]
path = ./data/store.db
mode = append
"""
UNITS = {
    "redis": Unit(port=6379, listens=6379, tcp=True),
    "postgres": Unit(port=5432, listens=5432, tcp=True),
}
PORT_ERROR = "options.port should be >= 0 and < 65536. Received type number (300000)."
REDIS_CHOICES = "volatile-lru, volatile-lfu, allkeys-lru, allkeys-lfu, allkeys-random, volatile-ttl, noeviction"
PYDANTIC = """1 validation error for Settings
server.workers
  Input should be a valid integer, unable to parse string as an integer [type=int_parsing, input_value='4x']"""
POSTGRES_UNIT = """FATAL: invalid value for parameter "shared_buffers": "128MBB"
HINT: Valid units for this parameter are "B", "kB", "MB", "GB", and "TB"."""
SPRING_PORT = """Failed to bind properties under 'server.port' to java.lang.Integer:
    Property: server.port
    Value: "30O0"
    Reason: failed to convert java.lang.String to java.lang.Integer (NumberFormatException: For input string: "30O0")"""

# (file, healthy text, right, wrong, what is read, whether it runs, at most this place)
FAULTS = {
    "node: port out of range": ("c.json", NODE, "3000,", "300000,", PORT_ERROR, False, 1),
    "node: choice": (
        "c.json",
        NODE,
        '"info"',
        '"inof"',
        'Error: "log.level" must be one of [error, warn, info]',
        False,
        1,
    ),
    "node: refused": ("c.json", NODE, "6379", "6380", "Error: connect ECONNREFUSED 127.0.0.1:6380", True, 1),
    "node: required": ("c.json", NODE, '"redisUrl"', '"redisURI"', 'ValidationError: "redisUrl" is required', False, 1),
    "node: number": ("c.json", NODE, "3600", '"36oo"', 'Error: "session.ttl" must be a number', False, 1),
    "node: boolean": ("c.json", NODE, "true", '"ture"', '"session.secure" must be a boolean', False, 1),
    "node: comma": ("c.json", NODE, "3000,", "3000", "SyntaxError: Unexpected string in JSON", False, 1),
    "node: trailing comma": ("c.json", NODE, "true }", "true, }", "SyntaxError: Unexpected token }", False, 2),
    "node: open brace": ("c.json", NODE, '"info" },', '"info" ,', "SyntaxError: Unexpected end of JSON", False, 1),
    "node: unknown key": ("c.json", NODE, '"level"', '"lvel"', '"log.lvel" is not allowed', False, 1),
    "node: unresolved": (
        "c.json",
        NODE,
        "redis://127.0.0.1",
        "redis://127.0.0.l",
        "getaddrinfo ENOTFOUND 127.0.0.l",
        True,
        1,
    ),
    "go: listens elsewhere": ("c.yaml", GO, ":3000", ":3030", "listening on :3030", True, 1),
    "go: dsn": (
        "c.yaml",
        GO,
        "port=5432",
        "port=5433",
        "dial tcp 127.0.0.1:5433: connect: connection refused",
        True,
        1,
    ),
    "go: unit": ("c.yaml", GO, "5s", "5sec", 'panic: time: unknown unit "sec" in duration "5sec"', False, 1),
    "go: no unit": ("c.yaml", GO, "5s", "5", 'panic: time: missing unit in duration "5"', False, 1),
    "go: int": (
        "c.yaml",
        GO,
        "20",
        "2O",
        "yaml: unmarshal errors:\n  line 4: cannot unmarshal !!str `2O` into int",
        False,
        1,
    ),
    "go: unknown field": (
        "c.yaml",
        GO,
        "max_open",
        "max_opne",
        "line 4: field max_opne not found in type cfg.DB",
        False,
        1,
    ),
    "go: indent": ("c.yaml", GO, "  max_open", " max_open", "yaml: line 3: did not find expected key", False, 2),
    "go: tab": (
        "c.yaml",
        GO,
        "  write",
        "\twrite",
        "yaml: line 7: found character that cannot start any token",
        False,
        1,
    ),
    "go: quote": ("c.yaml", GO, 'shop"', "shop", "yaml: line 3: found unexpected end of stream", False, 1),
    "spring: port": ("a.yml", SPRING, "3000", "30O0", SPRING_PORT, False, 1),
    "spring: refused": (
        "a.yml",
        SPRING,
        "5432",
        "5342",
        "Connection to 127.0.0.1:5342 refused. Check that the hostname and port are correct",
        False,
        1,
    ),
    "spring: driver": (
        "a.yml",
        SPRING,
        "postgresql:",
        "postgrseql:",
        "Failed to determine a suitable driver class",
        False,
        1,
    ),
    "nginx: upstream": (
        "n.conf",
        NGINX,
        "6379",
        "6378",
        'connect() failed (111: Connection refused), upstream: "http://127.0.0.1:6378/"',
        True,
        1,
    ),
    "nginx: listen": ("n.conf", NGINX, "listen 3000", "listen 3001", "", True, 1),
    "nginx: semicolon": (
        "n.conf",
        NGINX,
        "5s;",
        "5s",
        '[emerg] directive "proxy_read_timeout" is not terminated by ";" in /srv/fleet/web/n.conf:12',
        False,
        1,
    ),
    "nginx: directive": (
        "n.conf",
        NGINX,
        "proxy_pass",
        "proxy_psas",
        '[emerg] unknown directive "proxy_psas" in /srv/fleet/web/n.conf:10',
        False,
        1,
    ),
    "redis: choice": (
        "r.conf",
        REDIS,
        "noeviction",
        "noevicton",
        f"at line 6\n>>> 'maxmemory-policy noevicton'\nargument(s) must be one of the following: {REDIS_CHOICES}",
        False,
        1,
    ),
    "redis: directive": (
        "r.conf",
        REDIS,
        "appendonly",
        "apendonly",
        ">>> 'apendonly yes'\nBad directive or wrong number of arguments",
        False,
        1,
    ),
    "redis: yes or no": (
        "r.conf",
        REDIS,
        "yes",
        "yse",
        ">>> 'appendonly yse'\nargument must be 'yes' or 'no'",
        False,
        1,
    ),
    "redis: port": ("r.conf", REDIS, "port 3000", "port 3001", "", True, 1),
    "postgres: unit": (
        "p.conf",
        POSTGRES,
        "128MB",
        "128MBB",
        POSTGRES_UNIT,
        False,
        1,
    ),
    "postgres: name": (
        "p.conf",
        POSTGRES,
        "max_connections",
        "max_conections",
        'FATAL: unrecognized configuration parameter "max_conections" in file "p.conf" line 3',
        False,
        1,
    ),
    "django: missing": (
        ".env",
        DJANGO,
        "SECRET_KEY",
        "SECRT_KEY",
        "ImproperlyConfigured: Set the SECRET_KEY environment variable",
        False,
        1,
    ),
    "django: refused": (
        ".env",
        DJANGO,
        "5432",
        "5433",
        'connection to server at "127.0.0.1", port 5433 failed: Connection refused',
        True,
        1,
    ),
    "django: comment lists": (
        ".env",
        DJANGO,
        "=smtp",
        "=smpt",
        "ImproperlyConfigured: unknown email backend smpt",
        False,
        1,
    ),
    "django: boolean": (".env", DJANGO, "false", "flase", "ValueError: Not a boolean: flase", False, 1),
    "toml: bracket": (
        "t.toml",
        TOML,
        "[queue]",
        "[queue",
        "Expected ']' at the end of a table declaration (at line 5, column 7)",
        False,
        1,
    ),
    "toml: unquoted": (
        "t.toml",
        TOML,
        '"redis://127.0.0.1:6379/1"',
        "redis://127.0.0.1:6379/1",
        "Invalid value (at line 6, column 7)",
        False,
        2,
    ),
    "toml: Python's boolean": ("t.toml", TOML, "= true", "= True", "Invalid value (at line 8, column 11)", False, 1),
    "toml: number": ("t.toml", TOML, "workers = 4", 'workers = "4x"', PYDANTIC, False, 1),
    "toml: bind": ("t.toml", TOML, ":3000", ":3300", "", True, 1),
    "ini: option": (
        "i.ini",
        INI,
        "threads",
        "thraeds",
        "configparser.NoOptionError: No option 'threads' in section: 'server'",
        False,
        1,
    ),
    "ini: section": (
        "i.ini",
        INI,
        "[storage]",
        "[storage",
        "configparser.ParsingError: Source contains parsing errors: line 5",
        False,
        1,
    ),
    "ini: literal": ("i.ini", INI, "= 8", "= 8!", "ValueError: invalid literal for int() with base 10: '8!'", False, 1),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_repair_is_proposed_early(name: str):
    file, good, right, wrong, said, runs, most = FAULTS[name]
    assert good.count(right) >= 1
    bad = good.replace(right, wrong, 1)
    listens = 3000 if runs and right not in {":3000", "listen 3000", "port 3000"} else 3003 if runs else None
    unit = Unit({f"web/{file}": bad}, port=3000, log=said, needs=("redis", "postgres"), running=runs, listens=listens)
    units = {"web": replace(unit, red=True), **UNITS}
    accepted = (good, good.replace("true }", "true}"), bad.replace('"ture"', '"true"').replace('"36oo"', '"3600"'))
    accepted = (*accepted, bad.replace('"4x"', '"4"'), bad.replace('"36oo"', "3600").replace('"ture"', "true"))
    assert (rank_of(units, "web", f"web/{file}", accepted) or 99) <= most
