"""Tools that come with Prunella, by what they work on."""
