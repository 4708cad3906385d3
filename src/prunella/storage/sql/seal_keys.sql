SELECT key FROM seals ORDER BY key
