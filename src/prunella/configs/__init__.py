"""Configuration files: read, change one setting and nothing else, compare, put back."""
