"""What the made-up logs say: the lines that decide, and everything around them."""

ERRANDS = (
    "The payments service answers 500: find out why and make it work again.",
    "Checkout has been down since this morning. Heal it.",
    "Make the shop's health check green again.",
    "The API does not come up after the last deploy; repair it.",
    "Customers see errors. Find the cause and fix it.",
    "Bring the orders service back.",
)
QUERIES = (
    "GET http://127.0.0.1:8080/health: 500 Internal Server Error",
    "expected 200, got 502 Bad Gateway",
    "connection refused",
    "no answer within 5 s",
    "process exited with code 1",
    "expected 200, got 503 Service Unavailable",
)

# One family a cause; a few ways to say it. Even numbers are for tuning, odd ones are held out.
FAMILIES: tuple[tuple[str, ...], ...] = (
    ("could not open TLS key <pem>: permission denied", "cannot load certificate key <pem>: EACCES"),
    ("open <file>: permission denied", "PermissionError: [Errno 13] Permission denied: '<file>'"),
    (
        'FATAL: password authentication failed for user "<user>"',
        "Access denied for user '<user>'@'<ip>' (using password: YES)",
    ),
    (
        "login of <user> rejected by <host>: wrong credentials",
        "SASL authentication failed: bad username or password for <user>",
    ),
    ("bind: address already in use (0.0.0.0:<port>)", "listen tcp :<port>: bind: address already in use"),
    ("Port <port> is taken by another process (pid <pid>)", "EADDRINUSE :::<port>"),
    ('unknown directive "proxy_pas" in /etc/nginx/conf.d/site.conf:<n>', "directive 'listn' is not known, line <n>"),
    ('unrecognized configuration parameter "max_conections"', "unexpected key 'time_out' in section [<word>]"),
    ('relation "<word>" does not exist', "no such table: <word>"),
    ('column "<word>_total" does not exist', "Unknown column '<word>.amount' in 'field list'"),
    ("write <file>: No space left on device", 'could not extend file "base/<big>": No space left on device'),
    ("disk quota of volume data exceeded, <big> blocks over", "filesystem /var is 100% full"),
    ("pool_size must be between 1 and 100, got <big>", 'invalid value "<big>" for parameter "shared_buffers"'),
    ("workers = -<n> is out of range", "TIMEOUT_MS: '<n>s' is not an integer"),
    (
        "x509: certificate has expired or is not yet valid: current time is after 2025-01-<n>",
        "certificate of <host> expired on 2025-02-01",
    ),
    (
        "TLS handshake with <host>: certificate signed by unknown authority",
        "self-signed certificate in chain presented by <host>",
    ),
    ("lookup <host> on 127.0.0.11:53: no such host", "getaddrinfo ENOTFOUND <host>"),
    (
        'could not translate host name "<host>" to address: Name or service not known',
        "Temporary failure in name resolution for <host>",
    ),
    ("required environment variable <word>_DSN is not set", "KeyError: 'PAYMENT_SECRET'"),
    ("missing setting `<word>.api_key`", "no value for <word>_url, and there is no default"),
    ("Out of memory: Killed process <pid> (gunicorn) total-vm:<big>kB", "container exceeded its memory limit of <n>Mi"),
    ("java.lang.OutOfMemoryError: Java heap space", "fatal: cannot allocate <big> bytes"),
    ("too many open files", "accept: EMFILE, descriptor limit is <n>"),
    ("sorry, too many clients already", "remaining connection slots are reserved for superusers"),
    (
        "ModuleNotFoundError: No module named '<word>_sdk'",
        "error while loading shared libraries: libpq.so.5: cannot open shared object file",
    ),
    ("ClassNotFoundException: com.acme.<class>", "symbol lookup error: undefined symbol: <word>_init"),
    (
        "yaml: line <n>: mapping values are not allowed in this context",
        "config.json: Expecting ',' delimiter: line <n> column 3",
    ),
    ("parse error near '}' in <file>:<n>", "toml: unterminated string at line <n>"),
    ("schema version is <n>, this build needs 2<n>", "pending migration 00<n>_add_<word> was never applied"),
    ("incompatible protocol: peer speaks v<n>, we speak v2", "client library <ver> is older than server minimum <ver>"),
    (
        "upstream ledger at 127.0.0.1:<port> is not what we expect: got HTML",
        "connect to ledger 127.0.0.1:<port>: ECONNREFUSED",
    ),
    ("nobody listens at <host>:<port>", "dial tcp <ip>:<port>: no route to host"),
    ("database is in read-only mode", "cannot execute INSERT in a read-only transaction"),
    ("Read-only file system: '<file>'", "replica <host> refuses writes: not the primary"),
    ("maintenance mode is switched on by <user>", "feature flag checkout_enabled turned off"),
    ("circuit breaker for <host> is held open by operator", "rate limit set to 0 requests per second for tenant acme"),
    ("symlink /opt/app/current points to release <ver>, which is gone", "working directory /srv/<word> does not exist"),
    ("secret <word>-tls not found in namespace prod", "template '<word>.html' could not be located"),
    ("JWT signature mismatch: key id <hex> is not in the key set", "token audience is 'staging', expected 'prod'"),
    ("HMAC of webhook does not match: signing secret differs", "license key expired 3 days ago"),
    ("clock is 3<n> s behind the time server", "system time jumped back by <n> s, leases are void"),
    ("deadlock detected: process <pid> waits for process <pid>", "lock file /run/<word>.pid is held by pid <pid>"),
    (
        "CORS: origin https://shop.example is not in the allow list",
        "Invalid HTTP_HOST header: 'shop.example'. You may need to add it to ALLOWED_HOSTS",
    ),
    ("request body larger than client_max_body_size, limit is 1k", "header too large for buffer of <n> bytes"),
    ("loaded configuration from <file>.bak", "listening on 127.0.0.1:<port> only, as bind_address says"),
    ("starting with profile 'test'", "using in-memory queue because QUEUE_URL is empty"),
    ("queue <word> has no consumers", "consumer group <word> was removed by an administrator"),
    ("stored procedure settle_<word>() raised: currency table is empty", "price list is empty, refusing to serve"),
    ("exec format error: /usr/local/bin/<word>", 'exec: "<word>d": executable file not found in $PATH'),
    ("unsupported locale setting 'de_XX.UTF-8'", 'invalid byte sequence for encoding "UTF8": 0x<n>'),
    (
        "dependency ledger reports status DOWN: migrations pending",
        "health contributor db: DOWN, validation query is wrong",
    ),
    (
        "assertion failed: balance >= 0 (ledger.c:<n>)",
        "panic: runtime error: invalid memory address or nil pointer dereference",
    ),
    ("shutting down: received SIGTERM from pid <pid>", "worker exited on signal 9"),
    ("segfault at 0 ip 0000<hex> error 4 in libcrypto.so", "worker <n> dumped core"),
    ("index <word>_pkey contains unexpected zero page at block <n>", "WAL segment is corrupt at <hex>"),
    ("checksum mismatch in page <n> of <file>", "unexpected EOF while reading <file>"),
    (
        "proxy target http://localhost:<port>/api/v2 has no route: wrong prefix",
        'upstream "backend_<word>" has no servers in conf.d/site.conf',
    ),
    ("no live upstreams while connecting to upstream", "route table has no entry for /<word>"),
    ("seccomp blocked syscall clone3", "capability CAP_NET_BIND_SERVICE is missing"),
    ("SELinux is preventing <word>d from name_connect access on port <port>", "iptables drops tcp dpt:<port>"),
)

# Comes again and again, and says nothing.
CHATTER: tuple[tuple[str, str], ...] = (
    ("info", "<method> /<word>/<big> <status> <ms> ms"),
    ("info", "request completed method=<method> path=/api/<word>/<slug> status=<status> took=<ms>ms"),
    ("info", "<verb> <n> <word> in <ms> ms"),
    ("debug", "cache hit for key <word>:<hex>"),
    ("debug", "cache miss for key <word>:<hex>, loading"),
    ("info", "session <uuid> opened by <user>"),
    ("info", "session <uuid> closed"),
    ("info", "checkpoint complete: wrote <n> buffers (0.<n>%); sync=<ms> ms"),
    ("info", "heartbeat from <host> ok, lag <ms> ms"),
    ("info", "job <word>-<big> finished with 0 errors"),
    ("debug", "SELECT * FROM <word> WHERE id = <big> (<ms> ms)"),
    ("info", "GC pause (young) <ms> ms, heap <n>M -> <n>M"),
    ("info", "message <uuid> acknowledged on <word>"),
    ("info", "connection accepted from <ip>:<big> (<n> connections now open)"),
    ("info", "end connection <ip>:<big> (<n> connections now open)"),
    ("info", "user <user> logged in from <ip>"),
    ("debug", "feature flags refreshed: <n> flags"),
    ("info", "exported <n> spans to collector"),
    ("info", "<class> handled event <uuid> for tenant <word>"),
    ("info", "liveness probe ok"),
)
# Comes again and again, and looks like trouble.
NOISE: tuple[tuple[str, str], ...] = (
    ("warn", "slow query: <ms> ms SELECT count(*) FROM <word>"),
    ("warn", "retrying request to <host> (attempt <n> of 5): connection reset by peer"),
    ("error", "failed to send metrics to statsd at <ip>:8125: connection refused"),
    ("warn", "Deprecated: option `use_legacy_<word>` will be removed in <ver>"),
    ("error", "broken pipe while writing to client <ip>"),
    ("error", "upstream timed out (110: Connection timed out) while reading response header, client: <ip>"),
    ("error", "request failed with 500 Internal Server Error, request id <uuid>"),
    ("error", 'duplicate key value violates unique constraint "<word>_pkey", key <big>'),
    ("warn", "token of session <uuid> expired, asking for a new one"),
    ("error", 'GET /favicon.ico: open() "/usr/share/html/favicon.ico" failed (2: No such file or directory)'),
    ("warn", "could not reach telemetry endpoint, will retry in <n> s"),
    ("warn", "unknown user agent 'Bot/<ver>', treating as desktop"),
    ("error", "validation of <word> <big> failed: amount must be positive"),
    ("warn", "connection pool at <n> %, waiting"),
    ("error", "payment <uuid> declined by provider: insufficient funds"),
    ("warn", "invalid cookie header from <ip>, ignored"),
    ("error", "health check of payments failed: got 500"),
)
# Comes once, is rare for that reason, and harmless.
HARMLESS: tuple[tuple[str, str], ...] = (
    ("info", "starting version <ver> (build <hex>)"),
    ("info", "loaded <n> plugins from /usr/lib/app/plugins"),
    ("warn", "could not read machine id, using the host name instead"),
    ("warn", "no GPU found, continuing on the processor"),
    ("info", "migrations are up to date"),
    ("warn", "config file /etc/app/local.conf not found, using defaults"),
    ("warn", "sysctl vm.overcommit_memory is 0: background saving may fail under low memory"),
    ("info", "time zone set to UTC"),
    ("warn", "DeprecationWarning: datetime.utcnow() is deprecated"),
    ("error", "failed to load optional module geoip, continuing without it"),
    ("info", "leader elected: <host>"),
    ("warn", "unable to determine the cpu quota, assuming <n> cores"),
    ("info", "listening on 0.0.0.0:8080"),
    ("error", "could not delete temporary file /tmp/<hex>: no such file, ignored"),
    ("info", "rotated log file, old one kept as app.log.<n>"),
    ("warn", "password of user <user> expires in <n> days"),
    ("info", "certificate for <host> is valid for <n> more days"),
    ("warn", "transparent huge pages are enabled: latency may suffer"),
    ("info", "backup of <word> done, <big> bytes"),
    ("warn", "JAVA_OPTS is not set, using -Xmx512m"),
)
# Follows an error that comes often.
TRACES = (
    (
        "\tat com.acme.web.<class>.serve(<class>.java:<n>)\n\tat java.base/java.lang.Thread.run(Thread.java:840)\n"
        "Caused by: java.io.IOException: Broken pipe"
    ),
    (
        'Traceback (most recent call last):\n  File "/srv/app/web.py", line <n>, in serve\n'
        "    sock.send(data)\nConnectionResetError: [Errno 104] Connection reset by peer"
    ),
    "goroutine <n> [running]:\nnet/http.(*conn).serve(0xc000<hex>)\n\t/usr/local/go/src/net/http/server.go:<n>",
)
