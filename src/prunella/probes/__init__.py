"""What tells whether a service is well: one look at one thing, never longer than its timeout."""
