"""Who runs the loop. Every worker calls the same `advance`."""
