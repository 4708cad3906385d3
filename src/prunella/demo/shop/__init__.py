"""The shop as it is copied to a folder of its own: programs, and configuration with ports still to fill in."""
