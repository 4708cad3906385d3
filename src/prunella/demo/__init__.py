"""A small real shop, the ways it breaks, and an outside judge of how each repair ended."""
