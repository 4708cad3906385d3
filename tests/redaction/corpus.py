# ruff: noqa: E501, Q003 -- lines as programs write them
"""Lines that hold secrets, in many shapes, and lines that look a little like it. Every value is made up."""

import base64
import html
import json
import random
import shlex
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

ALNUM = string.ascii_letters + string.digits
B64 = ALNUM + "+/"
URLSAFE = ALNUM + "-_"
UPPER = string.ascii_uppercase + string.digits
HEX = "0123456789abcdef"

Random = random.Random
Shape = Callable[[Random], tuple[str, str]]
"""Makes a text, and the secret in it."""


@dataclass(frozen=True)
class Secret:
    shape: str
    text: str
    secret: str


def chars(rng: Random, alphabet: str, count: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


def password(rng: Random) -> str:
    """As people and managers make them."""
    made = (
        lambda: chars(rng, ALNUM, 16),
        lambda: f"{rng.choice(['Winter', 'Tulip', 'rocket', 'Falcon'])}{rng.randint(1000, 9999)}!",
        lambda: chars(rng, ALNUM, 10) + rng.choice("#!%") + chars(rng, ALNUM, 5),
        lambda: "-".join(chars(rng, string.ascii_lowercase, 6) for _ in range(3)) + str(rng.randint(10, 99)),
    )
    return rng.choice(made)()


def b64(rng: Random, size: int) -> str:
    return base64.b64encode(rng.randbytes(size)).decode()


def urlsafe(rng: Random, size: int) -> str:
    return base64.urlsafe_b64encode(rng.randbytes(size)).decode().rstrip("=")


def jwt(rng: Random) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    body = base64.urlsafe_b64encode(json.dumps({"sub": str(rng.randint(1, 9999)), "iat": 1700000000}).encode())
    return f"{head}.{body.decode().rstrip('=')}.{urlsafe(rng, 32)}"


def pem(rng: Random, kind: str = "RSA PRIVATE KEY", newline: str = "\n") -> tuple[str, str]:
    body = b64(rng, 288)
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    return newline.join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"]), lines[2]


def form(template: str, make: Callable[[Random], str]) -> Shape:
    """`{}` in the template stands for the secret."""

    def shaped(rng: Random) -> tuple[str, str]:
        secret = make(rng)
        return template.replace("{}", secret), secret

    return shaped


def of(alphabet: str, count: int, prefix: str = "", suffix: str = "") -> Callable[[Random], str]:
    return lambda rng: prefix + chars(rng, alphabet, count) + suffix


def _split_pem(rng: Random) -> tuple[str, str]:
    text, line = pem(rng)
    at = text.index(line)
    return text[at - 10 : at + 200], line


def _json_pem(rng: Random) -> tuple[str, str]:
    text, line = pem(rng, "PRIVATE KEY", "\\n")
    return (
        f'{{"type": "service_account", "private_key": "{text}\\n", "client_email": "a@b.iam.gserviceaccount.com"}}',
        line,
    )


def _logged_pem(rng: Random) -> tuple[str, str]:
    text, line = pem(rng, "EC PRIVATE KEY")
    return "\n".join(f"2026-08-07T14:25:30Z app[71]: {each}" for each in text.split("\n")), line


def _kubernetes(rng: Random) -> tuple[str, str]:
    secret = base64.b64encode(password(rng).encode()).decode()
    text = f"apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ntype: Opaque\ndata:\n  login: {secret}\n  url: aHR0cA==\n"
    return text, secret


def _kubernetes_first(rng: Random) -> tuple[str, str]:
    secret = password(rng)
    return f"apiVersion: v1\nstringData:\n  login: {secret}\nkind: Secret\nmetadata:\n  name: db\n", secret


def _kubernetes_json(rng: Random) -> tuple[str, str]:
    secret = base64.b64encode(password(rng).encode()).decode()
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "data": {"login": secret}}), secret


def _docker_auth(rng: Random) -> tuple[str, str]:
    secret = base64.b64encode(f"ci:{password(rng)}".encode()).decode()
    return json.dumps({"auths": {"registry.example.com": {"auth": secret}}}, indent=2), secret


def _basic(rng: Random) -> tuple[str, str]:
    secret = base64.b64encode(f"admin:{password(rng)}".encode()).decode()
    return f"> Authorization: Basic {secret}", secret


def _card(rng: Random) -> tuple[str, str]:
    digits = [4] + [rng.randint(0, 9) for _ in range(14)]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[::-2]]
    check = -(sum(doubled) + sum(digits[-2::-2])) % 10
    number = "".join(map(str, [*digits, check]))
    return f"charged card {' '.join(number[at : at + 4] for at in range(0, 16, 4))} for 12.00 EUR", number


TOKENS: dict[str, Callable[[Random], str]] = {
    "aws id": of(UPPER, 16, "AKIA"), "aws session id": of(UPPER, 16, "ASIA"), "github": of(ALNUM, 36, "ghp_"),
    "github server": of(ALNUM, 36, "ghs_"), "github fine": lambda rng: f"github_pat_{chars(rng, ALNUM, 22)}_{chars(rng, ALNUM, 59)}",
    "gitlab": of(URLSAFE, 20, "glpat-"), "slack bot": lambda rng: f"xoxb-{rng.randint(10**11, 10**12)}-{rng.randint(10**11, 10**12)}-{chars(rng, ALNUM, 24)}",
    "slack app": lambda rng: f"xapp-1-A{chars(rng, UPPER, 10)}-{rng.randint(10**12, 10**13)}-{chars(rng, HEX, 64)}",
    "stripe": of(ALNUM, 24, "sk_live_"), "stripe restricted": of(ALNUM, 24, "rk_live_"), "stripe hook": of(ALNUM, 32, "whsec_"),
    "openai": of(URLSAFE, 48, "sk-proj-"), "anthropic": of(URLSAFE, 93, "sk-ant-api03-", "AA"), "google": of(URLSAFE, 35, "AIza"),
    "google oauth": of(URLSAFE, 28, "GOCSPX-"), "google access": of(URLSAFE, 120, "ya29.a0"), "npm": of(ALNUM, 36, "npm_"),
    "pypi": of(URLSAFE, 80, "pypi-AgEIcHlwaS5vcmc"), "hugging face": of(ALNUM, 34, "hf_"), "vault": of(URLSAFE, 90, "hvs."),
    "sendgrid": lambda rng: f"SG.{chars(rng, URLSAFE, 22)}.{chars(rng, URLSAFE, 43)}", "digital ocean": of(HEX, 64, "dop_v1_"),
    "telegram": lambda rng: f"{rng.randint(10**8, 10**10)}:AA{chars(rng, URLSAFE, 33)}", "mailgun": of(HEX, 32, "key-"),
    "shopify": of(HEX, 32, "shpat_"), "databricks": of(HEX, 32, "dapi"), "grafana": of(ALNUM, 32, "glsa_", "_1a2b3c4d"),
    "terraform": lambda rng: f"{chars(rng, ALNUM, 14)}.atlasv1.{chars(rng, ALNUM, 60)}", "age": of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58, "AGE-SECRET-KEY-1"),
    "azure client": lambda rng: f"{chars(rng, ALNUM, 3)}8Q~{chars(rng, ALNUM, 34)}", "jwt": jwt, "linear": of(ALNUM, 40, "lin_api_"),
    "new relic": of(UPPER, 27, "NRAK-"), "docker": of(URLSAFE, 27, "dckr_pat_"), "doppler": of(ALNUM, 43, "dp.pt."),
    "plain base64 32": lambda rng: b64(rng, 32), "plain base64 64": lambda rng: b64(rng, 64), "plain urlsafe 32": lambda rng: urlsafe(rng, 32),
    "plain alnum 32": of(ALNUM, 32), "plain alnum 40": of(ALNUM, 40), "plain aws secret": of(B64, 40),
}  # fmt: skip
WHERE = (
    "using {} for upstream calls", "ERROR 401 from api: the token {} was not accepted", 'rejected: "{}"',
    "2026-08-07 14:25:30,123 DEBUG client - loaded {}", "args=['--verbose', '{}']", "?key={}&x=1", "{}",
)  # fmt: skip

SHAPES: dict[str, Shape] = {
    **{f"token {name}": form(WHERE[place % len(WHERE)], make) for place, (name, make) in enumerate(TOKENS.items())},
    "env": form("DB_PASSWORD={}", password), "env quoted": form('export SMTP_PASS="{}"', password),
    "env secret": form("SECRET_KEY_BASE={}", of(HEX, 128)), "yaml": form("  password: {}", password),
    "yaml quoted": form("    client_secret: '{}'", password), "yaml list": form("  - api_key: {}", of(ALNUM, 20)),
    "json": form('{"user":"app","password":"{}","port":5432}', password), "json camel": form('{"accessToken": "{}"}', of(ALNUM, 24)),
    "json in json": form('{"body":"{\\"apiKey\\":\\"{}\\"}"}', of(ALNUM, 20)), "python dict": form("{'passwd': '{}', 'x': 1}", password),
    "ini": form("[db]\nuser = app\npassword = {}\nport = 1", password), "toml": form('api_key = "{}"', of(ALNUM, 30)),
    "properties": form("spring.datasource.password={}", password), "xml": form("<password>{}</password>", password),
    "xml attribute": form('<add name="db" user="sa" password="{}" />', password), "hcl": form('secret_key = "{}"', of(B64, 40)),
    "flag": form("exec: mysql --password {} -h db", password), "flag equals": form("java -jar x.jar --db.password={}", password),
    "sshpass": form("sshpass -p {} ssh root@10.0.0.5", password), "mysql -p": form("mysql -uroot -p{} shop", of(ALNUM, 14)),
    "curl -u": form("curl -u admin:{} https://api.example.com/v1", of(ALNUM, 16)), "curl --user": form("curl -s --user 'bot:{}' https://x.io", of(ALNUM, 12)),
    "redis-cli -a": form("redis-cli -h cache -a {} ping", of(ALNUM, 20)), "pgpassword": form("PGPASSWORD={} psql -h db", of(ALNUM, 12)),
    "openssl pass": form("openssl rsa -passin pass:{} -in k.pem", of(ALNUM, 12)), "docker login": form("docker login -u ci -p {} r.io", of(ALNUM, 16)),
    "dsn": form("postgres://app:{}@db.internal:5432/shop", of(ALNUM, 14)), "dsn odd": form("mysql://root:{}@10.0.0.3/x", lambda rng: f"p@{chars(rng, ALNUM, 9)}:"),
    "redis": form("redis://:{}@cache:6379/0", of(ALNUM, 18)), "amqp": form("amqps://guest:{}@mq/vhost", of(ALNUM, 12)),
    "mongodb": form("mongodb+srv://u:{}@c0.mongodb.net/?retryWrites=true", of(ALNUM, 12)), "sqlalchemy": form("mysql+pymysql://u:{}@h/db", of(ALNUM, 12)),
    "url token": form("GET /api/items?access_token={}&page=2 HTTP/1.1", of(ALNUM, 24)), "url key": form("https://maps.example.com/js?api_key={}", of(ALNUM, 20)),
    "url user only": form("https://{}@github.com/acme/app.git", of(ALNUM, 36, "ghp_")), "oauth": form("https://x-access-token:{}@github.com/a/b", of(ALNUM, 36)),
    "bearer": form("Authorization: Bearer {}", of(URLSAFE, 32)), "bearer lower": form("authorization: bearer {}", of(ALNUM, 20)),
    "bearer in log": form("upstream said 401 for Bearer {}", of(ALNUM, 24)), "token scheme": form("Authorization: token {}", of(HEX, 40)),
    "basic": _basic, "cookie": form("Cookie: sid={}; theme=dark", of(ALNUM, 26)), "set-cookie": form("Set-Cookie: session={}; HttpOnly", of(URLSAFE, 30)),
    "x-api-key": form("x-api-key: {}", of(ALNUM, 16)), "curl -H": form("curl -H 'X-Auth-Token: {}' http://h", of(ALNUM, 16)),
    "headers repr": form("headers={'authorization': 'Bearer {}'}", of(ALNUM, 20)), "headers tuple": form("[(b'authorization', b'Bearer {}')]", of(ALNUM, 24)),
    "netrc": form("machine api.example.com login ci password {}", of(ALNUM, 14)), "netrc lines": form("machine h\n  login ci\n  password {}\n", of(ALNUM, 14)),
    "pgpass": form("db.internal:5432:shop:app:{}", of(ALNUM, 14)), "pgpass star": form("*:*:*:postgres:{}", of(ALNUM, 14)),
    "ado": form("Server=db;Database=shop;User Id=sa;Password={};Encrypt=true", of(ALNUM, 14)), "odbc": form("Driver={X};Server=h;Uid=sa;Pwd={}", of(ALNUM, 14)),
    "azure storage": form("DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={};EndpointSuffix=core.windows.net", lambda rng: b64(rng, 64)),
    "azure bus": form("Endpoint=sb://x.net/;SharedAccessKeyName=Root;SharedAccessKey={}", lambda rng: b64(rng, 32)),
    "azure sas": form("https://a.blob.core.windows.net/c/f?sv=2022-11-02&se=2026&sr=b&sig={}", lambda rng: quote(b64(rng, 32), safe="")),
    "aws presigned": form("https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature={}", of(HEX, 64)), "aws ini": form("aws_secret_access_key = {}", of(B64, 40)),
    "aws json": form('{"SecretAccessKey": "{}", "Expiration": "2026-08-07T00:00:00Z"}', of(B64, 40)), "aws session": form("aws_session_token={}", lambda rng: b64(rng, 120)),
    "gcs signed": form("https://storage.googleapis.com/b/o?GoogleAccessId=x&Signature={}", lambda rng: quote(b64(rng, 60), safe="")),
    "slack hook": form("https://hooks.slack.com/services/T0AB12CD3/B0EF45GH6/{}", of(ALNUM, 24)), "discord hook": form("https://discord.com/api/webhooks/112233445566778899/{}", of(URLSAFE, 68)),
    "pem": pem, "pem pkcs8": lambda rng: pem(rng, "PRIVATE KEY"), "pem openssh": lambda rng: pem(rng, "OPENSSH PRIVATE KEY"), "pem pgp": lambda rng: pem(rng, "PGP PRIVATE KEY BLOCK"),
    "pem cut": _split_pem, "pem json": _json_pem, "pem logged": _logged_pem, "kubernetes": _kubernetes, "kubernetes first": _kubernetes_first, "kubernetes json": _kubernetes_json,
    "docker auth": _docker_auth, "npmrc": form("//registry.npmjs.org/:_authToken={}", of(ALNUM, 36)), "pypirc": form("[pypi]\nusername = __token__\npassword = {}", of(ALNUM, 40)),
    "htpasswd": form("admin:$apr1${}", lambda rng: f"{chars(rng, ALNUM, 8)}${chars(rng, ALNUM, 22)}"), "shadow": form("root:$6${}:19000:0:99999:7:::", lambda rng: f"{chars(rng, ALNUM, 8)}${chars(rng, ALNUM, 86)}"),
    "bcrypt": form("hash $2b$12${} loaded", of(ALNUM, 53)), "argon2": form("stored $argon2id$v=19$m=65536,t=3,p=4${}", lambda rng: f"{chars(rng, ALNUM, 22)}${chars(rng, ALNUM, 43)}"),
    "redis conf": form("requirepass {}", of(ALNUM, 16)), "redis user": form("user app on >{} ~* +@all", of(ALNUM, 16)), "sql role": form("ALTER ROLE app WITH PASSWORD '{}';", password),
    "sql identified": form("CREATE USER 'a'@'%' IDENTIFIED BY '{}'", password), "sql comment": form("LOG: statement: CREATE USER x PASSWORD '{}'", password),
    "django": form("SECRET_KEY = 'django-insecure-{}'", of(ALNUM, 50)), "rails": form("secret_key_base: {}", of(HEX, 128)), "flask": form("app.secret_key = b'{}'", of(ALNUM, 24)),
    "php": form("define('AUTH_KEY', '{}');", of(ALNUM, 64)), "php password": form("define('DB_PASSWORD', '{}');", password), "ruby": form("password: '{}', host: 'db'", password),
    "js": form("const apiKey = '{}';", of(ALNUM, 32)), "js object": form("{ clientSecret: `{}` }", of(ALNUM, 32)), "go": form('Password: "{}",', password),
    "traceback": form("    conn = connect(host='db', password='{}')", password), "error text": form('could not authenticate: password "{}" is wrong', password),
    "session hex": form("session 5 opened: sid={}", of(HEX, 32)), "session id hex": form("sessionid={} user=7", of(HEX, 40)), "hex key": form("encryption key loaded: {}", of(HEX, 64)),
    "bare hex": form("seed {} accepted", of(HEX, 64)), "otp": form("otpauth://totp/x?secret={}&issuer=A", of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 32)), "csrf": form("csrf_token={}", of(ALNUM, 32)),
    "reset": form("GET /reset?token={} 200", of(URLSAFE, 43)), "twilio": form("TWILIO_AUTH_TOKEN={}", of(HEX, 32)), "cloudflare": form("CF_API_TOKEN: {}", of(URLSAFE, 40)),
    "diff": form("-DB_PASSWORD=old\n+DB_PASSWORD={}", password), "change": form("api_key: old-one → {}", of(ALNUM, 20)), "card": _card, "wireguard": form("PrivateKey = {}", lambda rng: b64(rng, 32)),
    "wifi": form("wpa_passphrase={}", password), "ldap": form("bind_password {}", of(ALNUM, 16)), "nginx": form('proxy_set_header Authorization "Basic {}";', lambda rng: base64.b64encode(f"u:{password(rng)}".encode()).decode()),
    "haproxy": form("user admin insecure-password {}", of(ALNUM, 12)), "helm": form("helm install x --set db.password={}", of(ALNUM, 14)), "compose": form("      - POSTGRES_PASSWORD={}", password),
    "systemd": form("Environment=API_TOKEN={}", of(ALNUM, 24)), "dockerfile": form("ENV GITHUB_TOKEN {}", of(ALNUM, 36)), "cmdline": form("/proc/7/cmdline: app\\0--token\\0{}", of(ALNUM, 32)),
}  # fmt: skip


def secrets(variants: int = 3, seed: int = 4) -> Iterator[Secret]:
    """Every shape so many times."""
    for name, shape in SHAPES.items():
        for number in range(variants):
            rng = random.Random(f"{seed}{name}{number}")
            yield Secret(name, *shape(rng))


def leaks(secret: Secret, redacted: str, window: int = 9) -> bool:
    """Does a part of the secret that is long enough to be of use stand in what was redacted?"""
    text = redacted.replace(" ", "") if secret.shape == "card" else redacted
    parts = (secret.secret[at : at + window] for at in range(max(1, len(secret.secret) - window + 1)))
    return any(part in text for part in parts)


def spellings(value: str) -> dict[str, str]:
    """A known value as it turns up elsewhere."""
    raw = value.encode()
    half = len(value) // 2
    return {
        "plain": value, "url": quote(value, safe=""), "url lower": quote(value, safe="").replace("%2F", "%2f"),
        "form": quote(value, safe="").replace("%20", "+"), "json": json.dumps(value)[1:-1], "json twice": json.dumps(json.dumps(value))[3:-3],
        "shell": shlex.quote(value), "repr": repr(value)[1:-1], "html": html.escape(value),
        "base64": base64.b64encode(raw).decode(), "base64 urlsafe": base64.urlsafe_b64encode(raw).decode(), "base64 bare": base64.b64encode(raw).decode().rstrip("="),
        "base64 after user": base64.b64encode(b"admin:" + raw).decode(), "base64 inside 1": base64.b64encode(b"x=" + raw + b"&y=1").decode(),
        "base64 inside 2": base64.b64encode(b"x" + raw + b"&y=1").decode(), "hex": raw.hex(), "hex upper": raw.hex().upper(),
        "wrapped": f"{value[:half]}\n{value[half:]}", "wrapped and indented": f"{value[:half]}\n    {value[half:]}", "continued": f"{value[:half]}\\\n{value[half:]}",
        "wrapped in json": f"{value[:half]}\\n{value[half:]}", "wrapped and quoted": f'{value[:half]}"\n    "{value[half:]}',
    }  # fmt: skip


def _times(rng: Random) -> str:
    return (
        f"2026-08-{rng.randint(1, 28):02}T{rng.randint(0, 23):02}:{rng.randint(0, 59):02}:30.{rng.randint(0, 999):03}Z"
    )


def _uuid(rng: Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def _ulid(rng: Random) -> str:
    return "01" + chars(rng, "0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24)


MAKERS: dict[str, Callable[[Random], str]] = {
    "{time}": _times, "{uuid}": _uuid, "{sha1}": of(HEX, 40), "{sha256}": of(HEX, 64), "{md5}": of(HEX, 32), "{short}": of(HEX, 7),
    "{ulid}": _ulid, "{n}": lambda rng: str(rng.randint(2, 99_999)), "{pod}": lambda rng: f"{chars(rng, '456789bcdf', 9)}-{chars(rng, 'bcdfghjklmnpqrstvwxz2456789', 5)}",
    "{span}": of(HEX, 16), "{b64sha}": lambda rng: b64(rng, 32), "{sri}": lambda rng: b64(rng, 48), "{ip}": lambda rng: f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
    "{reqid}": of(ALNUM, 27),
}  # fmt: skip

INNOCENT = (
    "{time} INFO GET /orders/{n} 200 in {n} ms", "Connection refused. Check if PORT is set to 8080.", "PORT={n}", "DATABASE_URL=postgres://app@127.0.0.1:5433/shop",
    'FATAL: password authentication failed for user "app"', "password: authentication failed for user app", "request {uuid} took {n} ms", "trace_id={md5} span_id={span}",
    "commit {sha1}", "HEAD is now at {short} Fix the port", "{sha1} refs/heads/main", "Merge: {short} {short}", "index {short}..{short} 100644",
    "image: registry.example.com/shop/api@sha256:{sha256}", "sha256:{sha256}", "{sha256}  prunella-0.1.0.tar.gz", "{md5}  app.jar", "digest: sha256:{sha256} size: 1234",
    "--hash=sha256:{sha256}", 'etag: "{md5}"', 'ETag: W/"{sha1}"', "Digest: SHA-256={b64sha}", '"integrity": "sha512-{sri}"', "SHA256:{b64sha} root@host (ED25519)",
    "request_id={reqid} status=502", "x-request-id: {uuid}", "X-Amz-Cf-Id: {reqid}", "x-amzn-trace-id: Root=1-{short}a-{span}aabbccdd", "traceparent: 00-{md5}-{span}-01",
    "job {ulid} finished", "event_id={ulid} kind=started", "pod/api-{pod} is CrashLoopBackOff", "Started container api-{pod}", "container {sha256} exited with code 137",
    "docker run -d shop\n{sha256}", "overlay on /var/lib/docker/overlay2/{sha256}/merged type overlay", "layer {sha256} already exists", "volume {sha256} removed",
    "java.lang.IllegalStateException: Failed to load ApplicationContext", "at org.springframework.beans.factory.support.DefaultListableBeanFactory.preInstantiateSingletons(DefaultListableBeanFactory.java:{n})",
    "com.example.payments.gateway.AbstractTransactionalPaymentGatewayFactoryBeanPostProcessor", "at com.zaxxer.hikari.pool.HikariPool$PoolEntryCreator.call(HikariPool.java:{n})",
    "sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path", 'File "/usr/lib/python3.11/site-packages/sqlalchemy/engine/base.py", line {n}, in _execute_context',
    "ModuleNotFoundError: No module named 'prometheus_client_extended'", "goroutine {n} [running]:", "github.com/prometheus/client_golang/prometheus/promhttp.InstrumentHandlerDuration.func1({0xc0003b2a80?, 0xc00031a1c0?})",
    "panic: runtime error: invalid memory address or nil pointer dereference [signal SIGSEGV code=0x1 addr=0x18 pc=0x6f2a4c]", "_ZN4core3ops8function6FnOnce9call_once17h4f3e2d1c0b9a8776E", "<alloc::boxed::Box<F> as core::ops::function::FnOnce>::call_once",
    "/opt/app/releases/20260807142530/node_modules/@babel/plugin-transform-modules-commonjs/lib/index.js:{n}", "webpack:///./src/components/CheckoutSummary/CheckoutSummary.tsx?{short}", "GET /static/js/main.{short}1.chunk.js HTTP/1.1", "GET /assets/index-{short}b.css 304",
    "/home/deploy/.cache/pip/http-v2/a/b/c/d/e/abcde{sha1}", "/nix/store/{md5}-openssl-3.0.13/lib/libssl.so.3", "/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/cri-containerd-{sha256}.scope", "file:/srv/app/config/.env:3: PORT must be a number",
    "https://docs.example.com/guides/how-to-configure-the-reverse-proxy-for-websockets#timeouts-and-buffers", "http://127.0.0.1:{n}/health?verbose=true&format=json", "https://example.com/very/long/path/with/many/segments/and-a-slug-of-several-words-{n}", "s3://backups/shop/2026/08/07/full-20260807T142530Z.tar.zst",
    "arn:aws:iam::123456789012:role/service-role/MyLambdaExecutionRole", "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/{span}", "i-0{span} is unhealthy", "subnet-0{span} has no free addresses", "vpc-0{span}", "ami-0{span}",
    "projects/acme-prod-123456/locations/europe-west1/clusters/main-cluster-autopilot", "/subscriptions/{uuid}/resourceGroups/shop/providers/Microsoft.Web/sites/api", "tenant {uuid}", "client_id={uuid}", "account_id: 123456789012",
    "aa:bb:cc:12:34:56 DHCPACK {ip}", "fe80::1ff:fe23:4567:890a%eth0", "{ip}:{n} -> {ip}:443 ESTABLISHED", "2001:0db8:85a3:0000:0000:8a2e:0370:7334", "ip-10-0-12-34.eu-west-1.compute.internal", "node-{n}.cluster-abcdefghijkl.eu-west-1.rds.amazonaws.com",
    "kernel: [12345.{n}] Out of memory: Killed process {n} (java) total-vm:8123456kB", "systemd[1]: shop-api.service: Main process exited, code=exited, status=1/FAILURE", "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "nginx: [emerg] unknown directive \"prox_pass\" in /etc/nginx/nginx.conf:{n}",
    "proxy_pass http://127.0.0.1:{n};", "ssl_certificate_key /etc/ssl/private/shop.key;", "upstream timed out (110: Connection timed out) while reading response header from upstream, client: {ip}", "worker_connections 1024;", "add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\";",
    "TOKEN_TTL=3600", "MAX_TOKENS=4096", "AUTH_URL=http://127.0.0.1:9000/token", "PASSWORD_FILE=/run/secrets/db", "password=${DB_PASSWORD}", "DB_PASSWORD: env:DB_PASSWORD", "secretName: shop-tls", "secretKeyRef:\n  name: db\n  key: password", "tokenizer: cl100k_base",
    "password_min_length: 12", "SESSION_TIMEOUT=1800", "cookie_secure: true", "auth: none", "auth_method = scram-sha-256", "require_token: false", "unexpected token: expected '}'", "SyntaxError: Unexpected token < in JSON at position 0", "Invalid credentials provided", "the token has expired", "missing bearer token",
    "secret not found: shop/db", "Secret \"db\" is invalid: data: Too long", "forgot to set the secret", "the key is not unique", "primary key violation on orders_pkey", "Duplicate entry 'a-{n}' for key 'PRIMARY'", "KeyError: 'PAYMENT_TIMEOUT_SECONDS'", "keys: [id, name, created_at]", "key: PORT value: {n}",
    "ERROR 1045 (28000): Access denied for user 'app'@'localhost' (using password: YES)", "org.postgresql.util.PSQLException: FATAL: database \"shop\" does not exist", "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) connection to server at \"{ip}\", port 5432 failed", "redis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379.", "LOG:  checkpoint complete: wrote {n} buffers (0.1%)",
    "rabbit@{pod}: Mnesia('rabbit@a'): ** WARNING ** Mnesia is overloaded", "kafka.common.errors.NotLeaderOrFollowerException", "consumer-group-payments-{n} partition=3 offset={n}", "elasticsearch [cluster_block_exception] index [logs-2026.08.07] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block]", "ConsistentHashRingWithVirtualNodesAndReplicationFactor3 rebuilt",
    "GET /api/v1/namespaces/default/pods?labelSelector=app%3Dshop&limit=500 200", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36", "Accept: text/html,application/xhtml+xml,application/xml;q=0.9", "Content-Type: multipart/form-data; boundary=----WebKitFormBoundaryAbCdEfGhIjKl", "\"GET /favicon.ico HTTP/1.1\" 404 153 \"-\" \"curl/8.5.0\"",
    "python3.11-3.11.2-6+deb12u3_amd64.deb", "openjdk version \"17.0.11\" 2024-04-16 build 17.0.11+9-Debian-1deb12u1", "nodejs_20.14.0-1nodesource1_amd64", "numpy-2.1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "libopencv-core406t64:amd64 (= 4.6.0+dfsg-13.1+b1)", "gcc (Debian 12.2.0-14+deb12u1) 12.2.0",
    "ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256", "NSURLErrorDomainCannotConnectToHost", "HTTP_PROXY_CONNECTION_POOL_SIZE_PER_ROUTE=20", "SPRING_APPLICATION_ADMIN_ENABLED=true", "enableExperimentalFeaturesForAllTenants: false", "x-kubernetes-preserve-unknown-fields: true",
    "level=warn ts={time} caller=main.go:{n} msg=\"slow query\" duration=1.2s", "{\"level\":\"error\",\"ts\":1786112730.123,\"msg\":\"dial tcp {ip}:5432: connect: connection refused\"}", "pid={n} user=app db=shop host={ip} duration: {n}.123 ms", "build 20260807.{n} deployed to prod-eu-west-1a", "feature_flag_checkout_redesign_2026_08 = on", "backoff=1m30s attempts=5", "mem=512MiB cpu=250m",
    "Traceback (most recent call last):", "ValueError: invalid literal for int() with base 10: 'eighty-eighty'", "assert response.status_code == 200, response.text", "TypeError: Cannot read properties of undefined (reading 'createPaymentIntent')", "UnhandledPromiseRejectionWarning: Error: listen EADDRINUSE: address already in use :::{n}", "thread 'tokio-runtime-worker' panicked at src/main.rs:{n}:9",
    "cron: (root) CMD (test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; })", "Aug  7 14:25:30 web-01 sshd[{n}]: Failed password for invalid user admin from {ip} port {n} ssh2", "sshd[{n}]: Accepted publickey for deploy from {ip} port {n} ssh2: ED25519 SHA256:{b64sha}", "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh", "CRON[{n}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
    "<p>Token bucket rate limiter: 100 requests/s</p>", "# the password is read from the file below", "default user: admin, see the wiki for how to get access", "see RFC 6749 section 4.1.3", "AbCdEfGhIjKlMnOpQrStUvWxYz is the alphabet in mixed case", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "========================================", "0000000000000000000000000000000000000000", "1234567890123456789012345678901234567890",
    "schema_migrations_20260807142530_add_index_to_orders_on_customer_id", "test_that_a_restarted_service_keeps_its_listening_port_after_a_crash", "SELECT count(*) FROM information_schema.table_constraints WHERE constraint_type='FOREIGN KEY'", "orders_customer_id_created_at_idx", "/api/v2/customers/{uuid}/orders/{uuid}/items", "correlationId={uuid} tenant=acme", "build-id: {sha1}", "BuildID[sha1]={sha1}", "revision={sha1} branch=main", "\"revision\": \"{sha1}\"", "Checksum: {sha256}", "object {sha256} (blob)", "tree {sha1}", "parent {sha1}", "fingerprint {sha1}", "thumbprint={sha1}", "cache key {md5} miss", "machine-id {md5}", "boot_id={uuid}", "InvocationID={md5}", "hash: {sha256}", "dedup_hash={md5}", "node_id: {sha1}", "cluster-uuid: {reqid}",
)  # fmt: skip


def innocents(variants: int = 2, seed: int = 4) -> Iterator[str]:
    """Every line so many times, with other ids, numbers and digests."""
    for line in INNOCENT:
        for number in range(variants):
            rng = random.Random(f"{seed}{line}{number}")
            yield filled(line, rng)


def filled(line: str, rng: Random) -> str:
    for name, make in MAKERS.items():
        while name in line:
            line = line.replace(name, make(rng), 1)
    return line
