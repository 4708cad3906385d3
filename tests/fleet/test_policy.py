from pathlib import Path

import pytest

from prunella.domain.calendar import Window
from prunella.domain.ruling import Autonomy
from prunella.domain.service import PolicySpec
from prunella.errors import BadFleet, Mistake
from prunella.fleet.file import load_fleet

SERVICES = """
[service.payments]
autonomy = "ask"
config = ["payments.env"]
logs = ["payments.log"]
probes = [{ tcp = "db:1" }]
[service.ledger]
probes = [{ tcp = "db:2" }]
"""
FULL = """[policy]
autonomy = "auto"
deny = ["file:/etc/*", "service:ledger",
  "file:/etc/*"]
max_changes_per_hour = 7
max_services = 2
max_bytes = "64KiB"
max_rows = 0
timezone = "Europe/Vienna"
windows = [
  "Mon-Fri 22:00-04:00",
  "Sat 10:00-12:00 America/New_York",
]
freezes = ["2026-12-20/2027-01-06"]
approval = { expires = "3d", command = ["notify", "me"] }
probation = "10m"
[policy.tools]
"sql.*" = "suggest"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "real.env").touch()
    (tmp_path / "payments.env").symlink_to(tmp_path / "real.env")
    return tmp_path / "prunella.toml"


def policy(path: Path, text: str) -> PolicySpec:
    path.write_text(text + SERVICES)
    return load_fleet(path).policy


def mistakes(path: Path, text: str) -> list[Mistake]:
    with pytest.raises(BadFleet) as caught:
        policy(path, text)
    return list(caught.value.mistakes)


def test_everything_that_a_policy_can_say(path: Path) -> None:
    spec = policy(path, FULL)
    assert (spec.autonomy, spec.tools) == (Autonomy.AUTO, {"sql.*": Autonomy.SUGGEST})
    assert spec.services == {"payments": Autonomy.ASK}
    assert (spec.max_changes_per_hour, spec.max_services, spec.max_bytes, spec.max_rows) == (7, 2, 65_536, 0)
    assert spec.windows == (
        Window(text="Mon-Fri 22:00-04:00", days=frozenset(range(5)), opens=1320, closes=240, zone="Europe/Vienna"),
        Window(
            text="Sat 10:00-12:00 America/New_York", days=frozenset({5}), opens=600, closes=720, zone="America/New_York"
        ),
    )
    assert [(each.begins, each.ends) for each in spec.freezes] == [(1_797_721_200.0, 1_799_276_400.0)]
    assert (spec.approval_expires_s, spec.approval_command) == (259_200.0, ("notify", "me"))
    assert spec.probation_s == 600.0


def test_every_rule_has_its_line(path: Path) -> None:
    assert policy(path, FULL).lines == {
        "[policy]": 1,
        'autonomy = "auto"': 2,
        'deny = "file:/etc/*"': 3,
        'deny = "service:ledger"': 3,
        "max_changes_per_hour = 7": 5,
        "max_services = 2": 6,
        "max_bytes = 65536": 7,
        "max_rows = 0": 8,
        'windows = "Mon-Fri 22:00-04:00"': 11,
        'windows = "Sat 10:00-12:00 America/New_York"': 12,
        'freezes = "2026-12-20/2027-01-06"': 14,
        '[policy.tools] "sql.*" = "suggest"': 18,
        '[service.payments] autonomy = "ask"': 21,
    }


def test_a_service_owns_its_files_and_what_they_link_to(path: Path) -> None:
    files = policy(path, "").files
    assert set(files["payments"]) == {path.parent / name for name in ("payments.env", "real.env", "payments.log")}
    assert files["ledger"] == ()


def test_without_a_zone_it_is_utc(path: Path) -> None:
    spec = policy(path, '[policy]\nwindows = ["9-17"]\nfreezes = ["1970-01-02"]\nprobation = 0\n')
    assert (spec.windows[0].zone, spec.windows[0].days) == ("UTC", frozenset(range(7)))
    assert (spec.freezes[0].begins, spec.freezes[0].ends) == (86_400.0, 172_800.0)
    assert spec.probation_s == 0.0


@pytest.mark.parametrize(
    ("text", "line", "message", "suggestion"),
    [
        ('windows = ["Mon-Fri"]', 2, '"Mon-Fri" has no hours', "Mon-Fri 09:00-17:00"),
        ('windows = "Mon 9-17"', 2, "an array of texts", '["Mon'),
        ('windows = [\n"Mon 9-17",\n"Mun 9-17"]', 4, '"Mun" is no day', "Did you mean Mon or Sun?"),
        ('windows = ["Mon-Tue-Wed 9-17"]', 2, "no range of days", ""),
        ('windows = ["xx 9-17"]', 2, '"xx" is no day', "Known: Mon, Tue"),
        ('windows = ["25:00-26:00"]', 2, "25:00 is no time of day", "00:00 to 24:00"),
        ('windows = ["09:60-10:00"]', 2, "09:60 is no time of day", ""),
        ('windows = ["09:00-09:00"]', 2, "at the same time", "00:00-24:00"),
        ('windows = ["9-17 Europe/Viena"]', 2, 'no time zone "Europe/Viena"', "Europe/Vienna"),
        ('windows = ["9-17 ../../etc/passwd"]', 2, "no time zone", ""),
        ('windows = ["9-17 Europe"]', 2, 'no time zone "Europe"', ""),
        ('timezone = "Viena"', 2, 'no time zone "Viena"', "Europe/Vienna"),
        ('freezes = ["2026-02-30"]', 2, '"2026-02-30" in "2026-02-30" is no date', "2026-12-20/2027-01-06"),
        ('freezes = ["2027-01-06/2026-12-20"]', 2, "ends before it begins", ""),
        ('freezes = ["2026-12-20/"]', 2, "has no end", ""),
        ('freezes = ["Christmas"]', 2, "no date", "2026-12-20"),
        ('freezes = ["9999-12-31"]', 2, "no date", ""),
        ("freezes = [2026-12-24]", 2, "must be a text", ""),
        ('tools = { "sql.*" = "ak" }', 2, "one of observe, suggest, ask, auto", "Did you mean ask?"),
        ('tools = { "service:ledger" = "ask" }', 2, "is no tool", "[service.ledger]"),
        ('tools = { "config:*" = "ask" }', 2, "is no tool", "use ask and deny"),
        ('deny = ["service:legder"]', 2, "matches no service", "Did you mean ledger?"),
        ('max_bytes = "1 parsec"', 2, "a number of bytes", '"1MiB"'),
        ("max_bytes = -1", 2, "a number of bytes", ""),
        ("max_services = 1.5", 2, "a whole number", ""),
        ('approval = "3d"', 2, "must be a table", 'expires = "3d"'),
        ('approval = { expires = "3 days" }', 2, "`expires` must be a duration above zero", ""),
        ("approval = { expires = 0 }", 2, "above zero", ""),
        ("approval = { comand = [] }", 2, 'no "comand"', "Did you mean command?"),
        ("approval = { command = 'notify me' }", 2, "array of texts", '["notify", "me"]'),
        ('probation = "soon"', 2, "`probation` must be a duration", ""),
    ],
)
def test_each_mistake_is_told_with_its_line_and_what_to_do(
    path: Path, text: str, line: int, message: str, suggestion: str
) -> None:
    (mistake,) = mistakes(path, f"[policy]\n{text}\n")
    assert mistake.line == line
    assert message in mistake.message
    assert suggestion in mistake.suggestion


def test_a_service_with_a_bad_word_is_told_too(path: Path) -> None:
    path.write_text(SERVICES.replace('"ask"', '"aks"'))
    with pytest.raises(BadFleet, match=r"prunella.toml:3: `autonomy` must be one of .* Did you mean ask\?"):
        load_fleet(path)


def test_all_mistakes_are_told_at_once(path: Path) -> None:
    text = '[policy]\nwindows = ["x", "9-17", "9-99"]\nfreezes = ["y"]\nmax_rows = "many"\nprobation = -1\n'
    assert [mistake.line for mistake in mistakes(path, text)] == [2, 2, 3, 4, 5]
