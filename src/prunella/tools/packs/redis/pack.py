"""redis_tools: the tools over all Redis servers of a fleet."""

from prunella.domain.service import Fleet
from prunella.protocols import Tool
from prunella.servers.reach import Secret, reach_of_redis
from prunella.tools.choices import offering
from prunella.tools.packs.redis.items import Items
from prunella.tools.packs.redis.looking import Looking
from prunella.tools.packs.redis.saving import Saving
from prunella.tools.packs.redis.settings import Settings


def redis_tools(fleet: Fleet, secret: Secret) -> tuple[Tool, ...]:
    """Three readers, three deeds; none where no service has a `connect` that is redis:// or rediss://."""
    reach = reach_of_redis(fleet, secret)
    if not reach.names:
        return ()
    parts = (Looking(reach), Settings(reach), Items(reach), Saving(reach))
    tools = tuple(tool for part in parts for tool in part.tools())
    for each in tools:
        each.spec = offering(each.spec, service=reach.names)
    return tools
