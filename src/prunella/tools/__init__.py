"""Deeds that agents may do: `@tool` makes one, `Tools` holds them, guards stand around each, packs bring them."""
