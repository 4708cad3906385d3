"""A small real model heals the demo's faults, beside rivals with the same model and tools: `make bench-model`."""
