"""postgres_tools: the tools over all PostgreSQL servers of a fleet."""

from prunella.domain.service import Fleet
from prunella.protocols import Tool
from prunella.servers.reach import Secret, reach_of_postgres
from prunella.tools.choices import offering
from prunella.tools.packs.postgres.backends import Backends
from prunella.tools.packs.postgres.grants import Grants
from prunella.tools.packs.postgres.indexes import Indexes
from prunella.tools.packs.postgres.loading import Loading
from prunella.tools.packs.postgres.looking import Looking
from prunella.tools.packs.postgres.sequences import Sequences


def postgres_tools(fleet: Fleet, secret: Secret) -> tuple[Tool, ...]:
    """Four readers, six deeds; none where no service has a `connect` that is postgresql://."""
    reach = reach_of_postgres(fleet, secret)
    if not reach.names:
        return ()
    parts = (Looking(reach), Backends(reach), Grants(reach), Indexes(reach), Sequences(reach), Loading(reach))
    tools = tuple(tool for part in parts for tool in part.tools())
    for each in tools:
        each.spec = offering(each.spec, service=reach.names)
    return tools
