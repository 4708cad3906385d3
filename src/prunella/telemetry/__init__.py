"""Events on their way out: redacted once, then to every sink."""
