"""The sql pack: look into a SQLite or PostgreSQL database, and change rows so that they can be put back."""

from prunella.tools.packs.sql.pack import SqlPack

__all__ = ["SqlPack"]
