"""Shipped fakes: they behave like the real thing, over real sockets where the real thing does."""
