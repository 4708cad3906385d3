"""Guards of well-known servers: a repair of a port is no downgrade, and every door that is opened is one."""

import pytest

from prunella.configs.formats import editor_for
from prunella.domain.posture import Posture
from prunella.domain.setting import Format
from prunella.policy.guards import stances
from prunella.policy.posture import downgrades
from prunella.policy.told import told_by

TEXTS = {
    Format.NGINX: """http {
  server {
    listen 127.0.0.1:8443 ssl;
    ssl_certificate /c/server.pem;
    ssl_certificate_key /c/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    limit_req zone=one burst=5;
    location /admin { auth_basic "x"; auth_basic_user_file /c/ht; allow 127.0.0.1; deny all; }
    location /api { proxy_ssl_verify on; proxy_pass http://pay; }
  }
  upstream pay { server 127.0.0.1:9081; }
}
""",
    Format.PG_HBA: """local all all peer
host app app 127.0.0.1/32 scram-sha-256
hostssl all all 10.0.0.0/8 scram-sha-256
host all old all reject
""",
    Format.REDIS: """bind 127.0.0.1 -::1
protected-mode yes
port 6379
requirepass s3cretpass99
rename-command FLUSHALL ""
aclfile /etc/redis/users.acl
user default on >foo ~* +@all
""",
    Format.HAPROXY: """global
  user haproxy
  chroot /var/lib/haproxy
  stats socket /run/h.sock mode 660 level admin
frontend f
  bind 127.0.0.1:8080
  bind 127.0.0.1:8443 ssl crt /c/x.pem
  http-request deny if { src 10.0.0.1 }
  http-request auth unless { http_auth(users) }
  default_backend b
backend b
  option httpchk GET /health
  server a 127.0.0.1:9081 check
  server b 127.0.0.1:9082 check ssl verify required ca-file /c/ca.pem
listen stats
  bind 127.0.0.1:9000
  stats enable
  stats auth admin:secret99
""",
    Format.POSTGRES: """listen_addresses = 'localhost'
port = 5432
ssl = on
password_encryption = scram-sha-256
row_security = on
""",
}
REPAIRS = [
    (Format.NGINX, "9081", "9082"),
    (Format.NGINX, ":8443 ssl", ":8444 ssl"),
    (Format.NGINX, "/c/server.pem", "/c/next/server.pem"),
    (Format.NGINX, "9081;", "9081 weight=9;"),
    (Format.NGINX, "8443 ssl;", "8443 ssl;\n    listen 127.0.0.1:8081;"),
    (Format.PG_HBA, "host app app 127.0.0.1/32 scram-sha-256\n", ""),
    (Format.PG_HBA, "peer\n", "peer\nhost app other 127.0.0.1/32 scram-sha-256\n"),
    (Format.PG_HBA, "peer\n", "peer\nhost all bad all reject\n"),
    (Format.REDIS, "6379", "6380"),
    (Format.REDIS, "s3cretpass99", "otherpass88"),
    (Format.REDIS, "port 6379", "port 6379\nmaxmemory 100mb"),
    (Format.REDIS, ">foo", ">another-one"),
    (Format.HAPROXY, "9081 check", "9091 check"),
    (Format.HAPROXY, "  server a 127.0.0.1:9081 check\n", ""),
    (Format.HAPROXY, "127.0.0.1:8080", "127.0.0.1:8081"),
    (Format.HAPROXY, "  default_backend b", "  timeout client 5s\n  default_backend b"),
    (Format.POSTGRES, "5432", "5433"),
    (Format.POSTGRES, "port = 5432", "port = 5432\nmax_connections = 100"),
]
DOORS = [
    (Format.NGINX, "listen 127.0.0.1:8443 ssl", "listen 8443 ssl"),
    (Format.NGINX, "8443 ssl", "8443"),
    (Format.NGINX, "8443 ssl;", "8443 ssl;\n    listen 0.0.0.0:8081;"),
    (Format.NGINX, 'auth_basic "x"', "auth_basic off"),
    (Format.NGINX, 'auth_basic "x"; ', ""),
    (Format.NGINX, "deny all; ", ""),
    (Format.NGINX, "deny all", "allow all"),
    (Format.NGINX, "allow 127.0.0.1;", "allow all;"),
    (Format.NGINX, "verify on", "verify off"),
    (Format.NGINX, "proxy_ssl_verify on; ", ""),
    (Format.NGINX, "limit_req zone=one burst=5;", ""),
    (Format.NGINX, "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.2"),
    (Format.NGINX, "http {", "user root;\nhttp {"),
    (Format.PG_HBA, "127.0.0.1/32 scram-sha-256", "127.0.0.1/32 md5"),
    (Format.PG_HBA, "127.0.0.1/32 scram-sha-256", "127.0.0.1/32 trust"),
    (Format.PG_HBA, "127.0.0.1/32", "0.0.0.0/0"),
    (Format.PG_HBA, "127.0.0.1/32", "10.0.0.0/8"),
    (Format.PG_HBA, "hostssl", "host"),
    (Format.PG_HBA, "peer", "trust"),
    (Format.PG_HBA, "peer\n", "peer\nhost all all 0.0.0.0/0 md5\n"),
    (Format.PG_HBA, "peer\n", "peer\nhost all all 127.0.0.1/32 trust\n"),
    (Format.PG_HBA, "host all old all reject\n", ""),
    (Format.REDIS, "127.0.0.1 -::1", "0.0.0.0"),
    (Format.REDIS, "127.0.0.1 -::1", "* -::*"),
    (Format.REDIS, "protected-mode yes", "protected-mode no"),
    (Format.REDIS, "requirepass s3cretpass99", 'requirepass ""'),
    (Format.REDIS, "requirepass s3cretpass99\n", ""),
    (Format.REDIS, 'rename-command FLUSHALL ""\n', ""),
    (Format.REDIS, 'FLUSHALL ""', "FLUSHALL FLUSHALL"),
    (Format.REDIS, "aclfile /etc/redis/users.acl\n", ""),
    (Format.REDIS, "on >foo", "on nopass"),
    (Format.REDIS, "user default on >foo ~* +@all\n", ""),
    (Format.HAPROXY, "9081 check", "9081"),
    (Format.HAPROXY, "127.0.0.1:8080", "*:8080"),
    (Format.HAPROXY, "127.0.0.1:8080", ":8080"),
    (Format.HAPROXY, " ssl crt /c/x.pem", ""),
    (Format.HAPROXY, "verify required", "verify none"),
    (Format.HAPROXY, " ssl verify required ca-file /c/ca.pem", ""),
    (Format.HAPROXY, "  stats auth admin:secret99\n", ""),
    (Format.HAPROXY, "  http-request deny if { src 10.0.0.1 }\n", ""),
    (Format.HAPROXY, "  http-request auth unless { http_auth(users) }\n", ""),
    (Format.HAPROXY, "  option httpchk GET /health\n", ""),
    (Format.HAPROXY, "user haproxy", "user root"),
    (Format.HAPROXY, "mode 660", "mode 666"),
    (Format.HAPROXY, "  chroot /var/lib/haproxy\n", ""),
    (Format.POSTGRES, "'localhost'", "'*'"),
    (Format.POSTGRES, "ssl = on", "ssl = off"),
    (Format.POSTGRES, "ssl = on\n", ""),
    (Format.POSTGRES, "scram-sha-256", "md5"),
    (Format.POSTGRES, "row_security = on", "row_security = off"),
]


def posture(kind: Format, text: str) -> Posture:
    editor = editor_for(kind)
    assert editor is not None
    return Posture(stances=stances("file:/x", told_by(editor.settings(text))))


def edited(kind: Format, old: str, new: str) -> tuple[Posture, Posture]:
    assert old in TEXTS[kind]
    return posture(kind, TEXTS[kind]), posture(kind, TEXTS[kind].replace(old, new, 1))


@pytest.mark.parametrize(("kind", "old", "new"), REPAIRS)
def test_a_repair_weakens_nothing(kind: Format, old: str, new: str) -> None:
    assert downgrades(*edited(kind, old, new)) == ()


@pytest.mark.parametrize(("kind", "old", "new"), DOORS)
def test_a_door_that_is_opened_is_seen_and_shutting_it_is_welcome(kind: Format, old: str, new: str) -> None:
    shut, opened = edited(kind, old, new)
    assert downgrades(shut, opened)
    assert not any(each.after in {"trust", "md5", "no", "none"} for each in downgrades(opened, shut))


def test_no_secret_is_told() -> None:
    told = str([posture(kind, text) for kind, text in TEXTS.items()])
    assert "s3cretpass99" not in told
    assert "secret99" not in told
