"""The postgres pack: ask a PostgreSQL server, and mend what keeps it from serving, so that it can be put back."""

from prunella.tools.packs.postgres.pack import postgres_tools

__all__ = ["postgres_tools"]
