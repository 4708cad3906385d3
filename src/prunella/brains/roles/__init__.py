"""Brains that share the work: one plans, one acts, one judges evidence, one summarises."""
