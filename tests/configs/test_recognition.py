"""Formats by what stands in a file: what is sure is recognised, broken or not; what is foreign never is."""

from pathlib import Path

import pytest

from prunella.configs.formats import editor_for, format_of
from prunella.configs.recognition import looks_like, may_be
from prunella.domain.setting import Format

NGINX = (
    "upstream p {\n  server 127.0.0.1:1;\n}\nserver {\n  listen 80;  # all\n  location / { proxy_pass http://p; }\n}\n"
)
SNIPPET = "proxy_set_header Host $host;\nproxy_read_timeout 5s;\n"
HAPROXY = "# c\nglobal\n  daemon\ndefaults\n  mode http\n  timeout client 5s\nfrontend f\n  bind *:80\n"
POSTGRES = "shared_buffers = 128MB # c\nwork_mem 4MB\nlog_line_prefix = '%m [%p] '\n"
HBA = "# TYPE\nlocal all postgres peer\nhost all all 127.0.0.1/32 scram-sha-256\n"
REDIS = 'port 6379\nmaxmemory 1gb\nsave ""\n'
INI = "; c\n[program:x]\ncommand = /x\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("nginx.conf", None, Format.NGINX),
        ("nginx.conf", "", Format.NGINX),
        ("nginx.conf.bak", NGINX, Format.NGINX),
        ("nginx.conf", NGINX.replace("80;", "80"), Format.NGINX),
        ("edge.conf", None, Format.TEXT),
        ("edge.conf", NGINX, Format.NGINX),
        ("edge.conf", NGINX.replace("80;", "80"), Format.NGINX),
        ("edge.conf", NGINX.replace("}\n", "", 1), Format.NGINX),
        ("edge.conf", NGINX.replace("listen", "lisetn"), Format.NGINX),
        ("edge.conf", NGINX.replace("\n", "\r\n"), Format.NGINX),
        ("tls.conf", SNIPPET, Format.NGINX),
        ("sites-enabled/shop", NGINX, Format.NGINX),
        ("sites-enabled/shop", "<VirtualHost *:80>\n  ServerName a\n</VirtualHost>\n", Format.TEXT),
        ("nginx/proxy_params", "proxy_set_header Host $host;\n", Format.NGINX),
        ("nginx/conf.d/a.conf", "client_max_body_size 5m;\n", Format.NGINX),
        ("nginx/notes.md", "Do not touch;\n", Format.TEXT),
        ("haproxy.cfg", None, Format.HAPROXY),
        ("haproxy.cfg", HAPROXY, Format.HAPROXY),
        ("haproxy.cfg", HAPROXY.replace("global", "globl"), Format.HAPROXY),
        ("haproxy.cfg", "[a]\nb = 1\n", Format.INI),
        ("lb.cfg", HAPROXY, Format.HAPROXY),
        ("lb.conf", HAPROXY, Format.HAPROXY),
        ("setup.cfg", "[a]\nb = 1\n", Format.INI),
        ("tmpfiles.d/haproxy.conf", "d /run/haproxy 2775 root haproxy -\n", Format.TEXT),
        ("postgresql.conf", None, Format.POSTGRES),
        ("postgresql.conf", "port = 5433\n", Format.POSTGRES),
        ("postgresql.auto.conf", "# Do not edit\nmax_connections = '8'\n", Format.POSTGRES),
        ("postgresql/15/main/conf.d/ours.conf", "max_connections = 8\n", Format.POSTGRES),
        ("tuning.conf", POSTGRES, Format.POSTGRES),
        ("tuning.conf", "max_connections = 8\n", Format.TEXT),
        ("tmpfiles.d/postgresql.conf", "d /run/postgresql 2775 postgres postgres - -\n", Format.TEXT),
        ("pg_hba.conf", None, Format.PG_HBA),
        ("pg_hba.conf", HBA.replace("host ", "hots "), Format.PG_HBA),
        ("rules.conf", HBA, Format.PG_HBA),
        ("redis.conf", None, Format.REDIS),
        ("redis-6380.conf", REDIS, Format.REDIS),
        ("sentinel.conf", "port 26379\nsentinel monitor m 127.0.0.1 6379 2\n", Format.REDIS),
        ("redis.conf", "[redis]\nhost = x\n", Format.INI),
        ("redis.conf", "redis {\n  host = x\n}\n", Format.TEXT),
        ("tmpfiles.d/redis.conf", "d /run/redis 0755 redis redis -\n", Format.TEXT),
        ("queue.conf", "port 6379\nmaxmemory 64mb\n", Format.REDIS),
        ("queue.conf", "port 6379\nbind 127.0.0.1\n", Format.TEXT),
        ("supervisord.conf", None, Format.INI),
        ("supervisord.conf", INI, Format.INI),
        ("supervisord.conf", INI.replace("[program:x]", "[program:x"), Format.INI),
        ("conf.d/nginx.conf", INI, Format.INI),
        ("x.toml", REDIS, Format.TOML),
    ],
)
def test_a_format_is_told_by_name_and_content(path: str, text: str | None, expected: Format):
    assert format_of(Path("/srv") / path, text) is expected


@pytest.mark.parametrize("fmt", [fmt for fmt in Format if fmt is not Format.TEXT])
def test_every_format_has_an_editor(fmt: Format):
    assert editor_for(fmt) is not None


FOREIGN = {
    "dhcpd": 'option domain-name "x";\nsubnet 10.0.0.0 netmask 255.0.0.0 {\n  range 10.0.0.1 10.0.0.9;\n}\n'
    "pool { allow members; deny unknown-clients; }\n",
    "named": 'options {\n  directory "/x";\n  listen-on { any; };\n};\nserver 10.0.0.1 { bogus yes; };\n',
    "lighttpd": 'server.port = 80\nserver.modules = (\n  "mod_x"\n)\n$HTTP["host"] == "x" {\n  a = "b"\n}\n',
    "keepalived": "vrrp_instance V {\n  state MASTER\n  interface eth0\n}\nvirtual_server 1.1.1.1 80 {\n}\n",
    "syslog-ng": "source s { system(); internal(); };\nlog { source(s); };\n",
    "nftables": "table inet f {\n  map m { type ipv4_addr : verdict; }\n  chain i { policy accept; }\n}\n",
    "freeradius": "server default {\n  listen {\n    type = auth\n    port = 0\n  }\n}\n",
    "multipath": "defaults {\n  user_friendly_names yes\n}\nblacklist {\n}\n",
    "mosquitto": "port 1883\nlistener 8883\nmax_connections 100\npersistence true\nbind_address 10.0.0.1\n",
    "openvpn": "port 1194\nproto udp\ndev tun\nuser nobody\nkeepalive 10 120\nserver 10.8.0.0 255.255.255.0\n",
    "sshd": "Port 22\nListenAddress 0.0.0.0\nPermitRootLogin no\n",
    "sysctl": "net.ipv4.ip_forward = 1\nvm.swappiness = 10\n",
    "dnsmasq": "port=53\nserver=8.8.8.8\n",
    "unbound": "server:\n  port: 53\n  interface: 0.0.0.0\n",
    "chrony": "pool x iburst\nserver y\nport 0\nbindaddress 127.0.0.1\n",
    "squid": "acl localnet src 10.0.0.0/8\nhttp_port 3128\nhttp_access allow localnet\n",
    "properties": "server.port=8080\nlog.level=info\n",
    "mysql without a section": "port = 3306\nmax_connections = 100\n",
    "logrotate": "/var/log/nginx/*.log {\n  daily\n  rotate 14\n}\n",
    "rsyslog": 'module(load="imuxsock")\nif $programname == "x" then {\n  stop\n}\n',
    "nagios": "define host {\n  host_name a\n  address 10.0.0.1\n}\n",
    "hocon": 'http {\n  port = 8080\n  server {\n    host = "x"\n  }\n}\n',
    "caddy": "example.org {\n  root * /srv\n  file_server\n}\n",
    "css": "body { color: red; }\nserver { margin: 0; }\n",
    "C": "struct server { int port; };\nint main() {\n  return 0;\n}\n",
    "apache": "Listen 80\nServerName x\n<Directory />\n  Require all denied\n</Directory>\n",
    "prose": "global warming is real.\nThe server is down; so is the host.\n",
    "shell": "export A=1\nset -e\nif true; then\n  echo x;\nfi\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "zabbix": "Server=127.0.0.1\nListenPort=10050\nTimeout=3\n",
    "postfix": "smtpd_banner = x\ninet_interfaces = all\nmydestination = y\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_foreign_is_only_text(name: str):
    assert looks_like(FOREIGN[name]) is None
    assert format_of(Path("/etc/thing.conf"), FOREIGN[name]) is Format.TEXT


@pytest.mark.parametrize(
    ("fmt", "text"),
    [
        (Format.NGINX, NGINX),
        (Format.HAPROXY, HAPROXY),
        (Format.POSTGRES, POSTGRES),
        (Format.PG_HBA, HBA),
        (Format.REDIS, REDIS),
    ],
)
def test_a_name_is_believed_until_the_text_speaks_against_it(fmt: Format, text: str):
    assert may_be(fmt, text)
    assert may_be(fmt, "# nothing yet\n")
    assert not may_be(fmt, INI)
    assert may_be(fmt, NGINX) is (fmt is Format.NGINX)
    assert not may_be(fmt, FOREIGN["prose"])
