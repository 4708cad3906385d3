"""The fleet as it is right now: what runs, what is configured, what the probes and the logs say."""
