"""The words of the system as frozen types: no I/O, no clock, no framework but Pydantic."""
