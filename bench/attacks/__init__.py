"""Attacks on a heal: what strangers write where Prunella looks must never become what Prunella does."""
