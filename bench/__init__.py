"""Measures what Prunella promises: `make bench`, or `python -m bench demo --seeds 100`."""
