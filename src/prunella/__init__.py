"""Self-healing agents: heal it, prove it, or put it back."""
