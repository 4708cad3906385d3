"""The words by which settings and their values are known as guards, all in one place."""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AUTH: Final = _words("""
    auth authentication authenticate authenticated authenticator authorization authorisation authorize authz authn oauth
    oidc saml sso mfa otp totp password passwd passwords requirepass token apikey login csrf xsrf captcha acl acls rbac
    permission permissions firewall whitelist allowlist signature signatures signing signed sandbox secure security
    protected protection hba ident kerberos ldap hsts csp seccomp apparmor selinux lockout throttle throttling ratelimit
    admission credentials aclfile chroot
""")
TLS: Final = _words("""
    tls ssl https mtls starttls cert certs certificate certificates verify verification encrypt encrypted encryption
    cipher ciphers sslmode tlsmode pgsslmode
""")
PHRASES: Final[dict[tuple[str, ...], str]] = {
    ("host", "key", "checking"): "tls", ("check", "hostname"): "tls", ("assert", "hostname"): "tls",
    ("reject", "unauthorized"): "tls", ("http", "only"): "auth", ("httponly",): "auth", ("samesite",): "auth",
    ("same", "site"): "auth", ("two", "factor"): "auth", ("2", "fa"): "auth", ("rate", "limit"): "auth",
    ("rate", "limiting"): "auth", ("rate", "limiter"): "auth", ("grant", "tables"): "auth", ("api", "key"): "auth",
    ("security", "opt"): "auth", ("require", "user"): "auth", ("limit", "req"): "auth", ("limit", "conn"): "auth",
    ("stats", "auth"): "auth",
}  # fmt: skip
"""Neighbouring words that only together mean a guard."""

MANNERS: Final = _words("encryption method mechanism scheme hash hashing algorithm kind type")
"""With these a name that speaks of secrets is about how they are kept, and its value is none."""

NEGATIONS: Final = _words("no not skip disable disabled disables ignore ignored without bypass off exclude")
DENIALS: Final = _words("no not disable disabled deny denied forbid forbidden reject block blocked disallow prevent")
HOLES: Final = _words("""
    insecure unsafe anonymous anon unauthenticated passwordless permissive unrestricted nopass noauth noverify
    privileged superuser debug guest bypass unencrypted plaintext selfsigned
""")
HOLE_PHRASES: Final[tuple[tuple[str, ...], ...]] = (
    ("empty", "password"), ("empty", "passwords"), ("blank", "password"), ("null", "password"), ("permit", "root"),
    ("allow", "root"), ("run", "as", "root"), ("self", "signed"), ("allow", "all"), ("world", "readable"),
    ("weak", "ciphers"), ("allow", "http"), ("public", "access"), ("privilege", "escalation"), ("expose", "all"),
    ("trust", "server", "certificate"), ("trust", "all"), ("trust", "any"), ("accept", "invalid"),
)  # fmt: skip

SWITCH_WORDS: Final = _words("""
    enabled enable active on off required require requires mode type method methods level strict value default disabled
    disable use policy state status none allow allowed force enforce access only skip ignore
""")
"""A last part made of these alone says something about the part before it."""

TECHNICAL: Final = _words("""
    log logs logging logger cache cached caching port ports timeout timeouts interval size metrics metric stats url urls
    uri endpoint host name names label prefix suffix header headers realm ttl id ids count workers worker pool threads
    buffer buffers tickets ticket session sessions renegotiation depth retries retry delay backoff queue backlog path
    user username email template page color icon title text message description version cached window burst dir folder
    plugin plugins module modules level duration latency
""")
"""With these a name is about the workings of a guard, not about whether it stands."""

VALUES: Final[dict[str, float]] = {
    **dict.fromkeys(("", "off", "false", "no", "n", "f", "0", "none", "null", "nil", "disable", "disabled", "never",
                     "trust", "any", "insecure", "skip", "anonymous", "noauth", "nopass", "plain", "plaintext", "*",
                     "cert_none", "permissive", "unconfined", "open", "public", "no-auth", "allow_all"), -1.0),
    **dict.fromkeys(("allow", "optional", "allowed", "cert_optional", "optional_no_ca", "if_available", "warn"), -0.5),
    **dict.fromkeys(("prefer", "preferred", "default", "password"), 0.0),
    **dict.fromkeys(("ident", "basic", "lax"), 0.2),
    **dict.fromkeys(("md5", "digest"), 0.3),
    **dict.fromkeys(("on", "true", "yes", "y", "t", "1", "enable", "enabled", "require", "required", "requires",
                     "always", "mandatory", "force", "forced", "enforce", "enforced", "must"), 0.5),
    **dict.fromkeys(("scram-sha-256", "scram-sha-512", "scram"), 0.6),
    **dict.fromkeys(("strict", "enforcing", "verify-ca", "verify_ca", "cert_required", "cert", "mutual", "starttls",
                     "restricted"), 0.75),
    **dict.fromkeys(("verify-full", "verify_full", "verify_identity", "verify-peer", "reject"), 1.0),
}  # fmt: skip
"""What a guard set to this is worth; anything else is a guard that stands: UNKNOWN."""
UNKNOWN: Final = 0.5
YES: Final = _words("on true yes y t 1 enable enabled always required require forced force all allow")
NO: Final = _words("off false no n f 0 none null nil disable disabled never deny denied") | {""}

DEFAULT_SECRETS: Final = _words("""
    changeme changeit change admin administrator password passwd password1 password123 pass passw0rd secret test testing
    guest default root toor 123 1234 12345 123456 1234567 12345678 123456789 1234567890 qwerty letmein welcome example
    foo foobar bar abc abc123 111111 000000 todo fixme dummy sample postgres mysql redis minioadmin rabbitmq replaceme
    yourpassword yourpasswordhere yoursecret yoursecretkey mysecretpassword secretkey insecure none null user demo
    supersecret
""")

PLAIN_SCHEMES: Final = _words("http ws redis valkey amqp mqtt ldap smtp ftp imap pop3 grpc tcp nats plaintext "
                                 "sasl_plaintext telnet h2c stomp gopher syslog")  # fmt: skip
SECURE_SCHEMES: Final = _words("https wss rediss valkeys amqps mqtts ldaps smtps ftps sftp imaps pop3s grpcs tls ssl "
                                  "sasl_ssl h2 ssh unix file mongodb+srv tcps stomp+ssl redis+tls")  # fmt: skip
ADDRESS_WORDS: Final = _words("url urls uri endpoint endpoints dsn upstream upstreams proxy backend origin")

BIND: Final = _words("bind binds listen listens listener listeners listening interface interfaces iface")
HOST: Final = _words("host address addr ip hostname hosts addresses bind listen")
OWN: Final = _words("""
    server servers http web api app application service services local my own grpc admin metrics ui dashboard uvicorn
    gunicorn flask tcp main default self node console management exporter daemon global mysqld mongod settings net
""")
"""Beside one of HOST these say that the address is the service's own, not another one's."""

ADMITS: Final = _words("""
    origin origins cors allow allowed whitelist allowlist permit permitted trusted acl from hosts networks sources
""")
EVERYBODY: Final = frozenset({"*", "all", "any", "everyone", "everybody", "anyone", "public", "0.0.0.0/0", "::/0",
                              "::0/0", "http://*", "https://*", "*://*", "0.0.0.0", "allusers"})  # fmt: skip

RIGHTS: Final = _words("mode modes perm perms permissions chmod umask unixsocketperm")
RUN_AS: Final = _words("user uid runas username group gid")
ROOTS: Final = _words("root 0 administrator system sa superuser")
ROLES: Final = _words("role roles grant grants privileges privilege scope scopes capabilities")
MIGHTY: Final = frozenset({"admin", "administrator", "superuser", "root", "owner", "*", "all", "super", "sudo", "dba",
                           "sys_admin", "cap_sys_admin", "cluster-admin"})  # fmt: skip

WEAK_CIPHERS: Final = _words("null anull enull adh aecdh exp export low rc4 des 3des rc2 md5 seclevel=0")
LESS_IS_STRONGER: Final = (
    (_words("session token jwt cookie otp access refresh login remember csrf credential credentials password"),
     _words("ttl expiry expires expire expiration lifetime age maxage validity lifespan")),
    (_words("login auth authentication password otp pin signin failed mfa"),
     _words("attempts tries failures retries")),
    (_words("ratelimit throttle throttling lockout"),
     _words("limit ratelimit rate threshold requests max throttle per")),
)  # fmt: skip
"""One word of each of the two: a figure that guards the better the smaller it is, and does not at all at none."""
RATE_LIMITS: Final = (_words("rate limit"), _words("rate limiting"), _words("rate limiter"), _words("limit req"))
"""Other words for `ratelimit`."""
MORE_IS_STRONGER: Final = (
    (_words("password passwords passwd secret key token pin"), _words("length minlen")),
    (_words("bcrypt pbkdf2 argon2 scrypt hash hashing password kdf"),
     _words("rounds iterations cost workfactor")),
)  # fmt: skip
ENTRIES: Final = _words("local host hostssl hostnossl hostgssenc hostnogssenc")
"""What lines of pg_hba.conf begin with."""
GUARDING: Final = (AUTH | TLS) - frozenset({"login", "access", "admission"})
KNOWN: Final = (
    AUTH
    | TLS
    | NEGATIONS
    | DENIALS
    | HOLES
    | SWITCH_WORDS
    | TECHNICAL
    | ADDRESS_WORDS
    | BIND
    | HOST
    | OWN
    | ADMITS
    | RIGHTS
    | RUN_AS
    | ROLES
    | _words(" ".join(" ".join(phrase) for phrase in (*PHRASES, *HOLE_PHRASES)))
    | frozenset(word for rule in (*LESS_IS_STRONGER, *MORE_IS_STRONGER) for words in rule for word in words)
)
"""All words that names are made of here: none of them is a misspelling of another."""
