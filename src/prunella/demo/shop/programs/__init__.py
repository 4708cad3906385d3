"""Separate programs: each runs as `python -m programs.NAME` in the shop's folder; they meet only over HTTP."""
