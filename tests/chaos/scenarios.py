"""The repairs that are cut short."""

from prunella.domain.frozen import JsonValue
from prunella.domain.plan import Plan, Step
from tests.chaos.stage import Scenario

ENV = b"# where we listen\r\nGREETING=hallo\r\nCOLOUR=red # as the logo\r\n"
INI = b"\xef\xbb\xbf; greetings\n[words]\ngreeting = hallo\ncolour = green"
YAML = b"# times\nopen: 8\n  shut: [18\n"
TOML = b'title = "shop"\n\n[old]\nlegacy = true # nobody knows\n'


def plan(*steps: tuple[str, dict[str, JsonValue]], cause: str = "a wrong setting") -> Plan:
    return Plan(
        cause=cause,
        steps=tuple(Step(tool=tool, arguments=arguments) for tool, arguments in steps),
    )


def setting(file: str, key: str, value: str) -> tuple[str, dict[str, JsonValue]]:
    return "config.set", {"file": file, "key": key, "value": value}


RESTART: tuple[str, dict[str, JsonValue]] = ("services.restart", {"service": "app"})
START: tuple[str, dict[str, JsonValue]] = ("services.start", {"service": "app"})
HELLO = setting(".env", "GREETING", "hello")
HELLO_ENV = ENV.replace(b"hallo", b"hello")
HELLO_INI = INI.replace(b"hallo", b"hello")
SAYS_HELLO = '"GREETING=hello" in texts[0]'
BAD = plan(setting(".env", "GREETING", "hey"), RESTART, cause="a wrong guess")
NEVER = '"never" in texts[0]'

HEALED = (
    Scenario(
        "one setting", {".env": ENV}, SAYS_HELLO, (plan(HELLO, RESTART),), {".env": HELLO_ENV}, is_healed=True, starts=2
    ),
    Scenario(
        "two files that must agree", {".env": ENV, "words.ini": INI},
        '"GREETING=hello" in texts[0] and "greeting = hello" in texts[1]',
        (plan(HELLO, setting("words.ini", "words.greeting", "hello"), RESTART),),
        {".env": HELLO_ENV, "words.ini": HELLO_INI}, is_healed=True, starts=2,
    ),
    Scenario(
        "broken YAML", {"times.yaml": YAML}, '"open: 8\\nshut: 18" in texts[0]',
        (plan(("config.replace_text", {"file": "times.yaml", "old": "  shut: [18", "new": "shut: 18"}), START),),
        {"times.yaml": b"# times\nopen: 8\nshut: 18\n"}, is_healed=True, found="stopped", starts=1,
    ),
    Scenario("a stopped service", {".env": HELLO_ENV}, SAYS_HELLO, (plan(START),), {}, is_healed=True,
             found="stopped", starts=1),
    Scenario(
        "a setting too many", {"shop.toml": TOML}, '"legacy" not in texts[0]',
        (plan(("config.remove", {"file": "shop.toml", "key": "old.legacy"}), RESTART),),
        {"shop.toml": TOML.replace(b"legacy = true # nobody knows\n", b"")}, is_healed=True, starts=2,
    ),
    Scenario(
        "a wrong guess, then the right one", {".env": ENV}, SAYS_HELLO, (BAD, plan(HELLO, RESTART)),
        {".env": HELLO_ENV}, is_healed=True, starts=4, stride=3,
    ),
)  # fmt: skip

AS_FOUND = (
    Scenario("a plan that does not help", {".env": ENV}, NEVER, (BAD,), {}, is_healed=False, starts=3),
    Scenario(
        "a plan that does not help, through a link, on a service that somebody else started",
        {"real.env": ENV}, NEVER, (plan(setting("real.env", "GREETING", "hey"), RESTART),), {}, is_healed=False,
        found="foreign", starts=3, links={"link.env": "real.env"}, stride=3,
    ),
    Scenario(
        "a plan that does not help, with the operator's own commands", {".env": ENV}, NEVER, (BAD,), {},
        is_healed=False, kind="command", stride=3,
    ),
    Scenario(
        "a plan that breaks the service", {".env": ENV}, SAYS_HELLO,
        (plan(setting(".env", "GREETING", "broken"), RESTART),), {}, is_healed=False, starts=3, stride=3,
    ),
    Scenario(
        "a stopped service that does not get well", {".env": ENV}, NEVER, (plan(HELLO, START),), {}, is_healed=False,
        found="stopped", starts=1, stride=2,
    ),
    Scenario(
        "two restarts in one plan", {".env": ENV}, NEVER,
        (plan(HELLO, RESTART, setting(".env", "COLOUR", "blue"), RESTART),), {}, is_healed=False, starts=4, stride=3,
    ),
)  # fmt: skip
