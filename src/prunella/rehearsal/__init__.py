"""A shadow of a fleet's configuration, where a plan does no harm and a cause can be shown."""
