"""The redis pack: ask a Redis server, and mend what keeps it from serving, so that it can be put back."""

from prunella.tools.packs.redis.pack import redis_tools

__all__ = ["redis_tools"]
