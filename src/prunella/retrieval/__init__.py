"""Finds texts by meaning where the `embeddings` extra is installed, by their words everywhere."""
