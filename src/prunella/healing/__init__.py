"""The loop: a goal, checks, tools, a brain and a policy; it knows nothing of services."""
