"""The table of codes is complete, and nobody goes past it."""

import pytest

from prunella.domain.service import ConnectSpec, Fleet, Service
from prunella.errors import Misuse, Rejected
from prunella.servers.codes import CODES, fact
from prunella.servers.kinds import is_postgres, is_redis
from prunella.servers.reach import reach_of_postgres, reach_of_redis


def test_a_fact_has_the_fields_of_its_code_and_no_secrets() -> None:
    made = fact("postgres.bad-hba", "db", "no rule", file="/f", line=3, error="password=hunter2secret")
    assert (made.fields["line"], made.fields["file"]) == ("3", "/f")
    assert "hunter2secret" not in str(made)
    with pytest.raises(Misuse):
        fact("postgres.bad-hba", "db", "no rule", file="/f")
    with pytest.raises(Misuse):
        fact("postgres.unheard-of", "db", "?")


def test_every_code_tells_whose_it_is_and_what_it_means() -> None:
    assert {code.partition(".")[0] for code in CODES} == {"postgres", "redis"}
    assert all(kind.meaning and kind.fields for kind in CODES.values())


async def test_servers_are_known_by_their_address() -> None:
    urls = {
        "pg": "postgresql://h/d",
        "short": "postgres://h",
        "red": "rediss://h",
        "sock": "unix:///s",
        "web": "http://h",
    }
    services = {
        name: Service(name=name, folder="/", connect=ConnectSpec(url=url))  # pyright: ignore[reportArgumentType] -- pydantic makes a path of it
        for name, url in urls.items()
    }
    fleet = Fleet(name="f", path="/f", services={**services, "none": Service(name="none", folder="/")})  # pyright: ignore[reportArgumentType] -- see above
    assert (is_postgres(None), is_redis(None)) == (False, False)

    async def secret(service: str, name: str) -> str:
        raise AssertionError((service, name))

    assert reach_of_postgres(fleet, secret).names == ("pg", "short")
    reach = reach_of_redis(fleet, secret)
    assert reach.names == ("red", "sock")
    assert await reach.password("red") is None
    with pytest.raises(Rejected, match="web is no Redis"):
        reach.find("web")
