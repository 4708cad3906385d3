"""Separate programs: each is started with its own interpreter and meets the others only over HTTP."""
