"""Who turns a brief into a proposal: a ladder of rungs, cheapest first."""
