"""One script for each rival, run by the Python of the rivals' own environment; none imports Prunella."""
