from pathlib import Path

import pytest

from prunella.brains.reflex.syntax import mend
from prunella.configs.reading import parsed
from prunella.domain.setting import Format

NGINX = """worker_processes 1;
events { worker_connections 64; }
http {
  upstream backend {
    server 127.0.0.1:6379; # the only one
  }
  server {
    listen 3000;
    location / {
      proxy_pass http://backend;
      proxy_read_timeout 5s;
    }
    return 404;
  }
}
"""
POSTGRES = "# main\nport = 5432\nlisten_addresses = '127.0.0.1'\nmax_connections = 60 # few\n"
HBA = "local all all peer\nhost shop app 127.0.0.1/32  scram-sha-256\n"
REDIS = 'port 6379\nrequirepass "s3 cret"\nappendonly yes\n'
SLIPS = {
    "nginx: no semicolon": (Format.NGINX, NGINX, "5s;", "5s"),
    "nginx: no semicolon before a comment": (Format.NGINX, NGINX, "6379; #", "6379 #"),
    "nginx: no semicolon in a short block": (Format.NGINX, NGINX, "64; }", "64 }"),
    "nginx: another mark": (Format.NGINX, NGINX, "5s;", "5s:"),
    "nginx: two semicolons": (Format.NGINX, NGINX, "5s;", "5s;;"),
    "nginx: no brace opens": (Format.NGINX, NGINX, "location / {", "location /"),
    "nginx: no brace opens a short block": (Format.NGINX, NGINX, "events { w", "events w"),
    "nginx: two braces open": (Format.NGINX, NGINX, "location / {", "location / {{"),
    "nginx: no brace closes": (Format.NGINX, NGINX, "5s;\n    }\n", "5s;\n"),
    "nginx: a brace too many": (Format.NGINX, NGINX, "  }\n}\n", "  }\n}\n}\n"),
    "nginx: quote": (Format.NGINX, NGINX.replace("http://backend", '"http://backend"'), 'backend"', "backend"),
    "postgres: quote": (Format.POSTGRES, POSTGRES, "'127.0.0.1'", "'127.0.0.1"),
    "postgres: no quotes": (Format.POSTGRES, POSTGRES, "'127.0.0.1'", "127.0.0.1"),
    "postgres: colon": (Format.POSTGRES, POSTGRES, "max_connections =", "max_connections :"),
    "pg_hba: kind": (Format.PG_HBA, HBA, "host ", "hots "),
    "pg_hba: glued": (Format.PG_HBA, HBA, "/32  scram", "/32scram"),
    "redis: quote": (Format.REDIS, REDIS, 'cret"', "cret"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_what_a_slip_broke_is_among_the_first_two_mends(slip: str):
    fmt, good, right, wrong = SLIPS[slip]
    assert good.count(right) == 1
    broken = parsed(Path("/srv/x.conf"), good.replace(right, wrong), fmt)
    assert broken.fault
    assert good in [mended.text for mended in mend(broken)[:2]]


def test_no_setting_is_thrown_away_to_make_a_file_parse():
    broken = parsed(Path("/srv/x.conf"), NGINX.replace("events { w", "events w"), Format.NGINX)
    assert all("worker_connections 64" in mended.text for mended in mend(broken))
