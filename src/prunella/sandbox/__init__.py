"""Code that nobody vouches for, run behind walls: own namespaces, nothing of the host to see, limits on everything."""
