"""Finds the calls that a model meant in what it wrote, and fits them to the tools; guesses no value."""
