"""Long-term memory: what was wrong in a form that can be met again, what healed it, and how far that is trusted."""
