"""The brain that needs no model: every repair it proposes follows from something that was read."""

from prunella.brains.reflex.brain import Reflex

__all__ = ["Reflex"]
