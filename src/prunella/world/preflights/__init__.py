"""Pre-flights of servers that everybody knows, derived from how they are started.

They live in `world/`, since they need the supervisors below it and both the world and the rehearsal above need them.
"""
