"""Servers that can be asked and told: how to reach PostgreSQL and Redis."""
