"""The fleet file `prunella.toml`, parsed into domain types, and the names that people use for its services."""
