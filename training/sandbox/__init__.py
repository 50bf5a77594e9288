"""Runs untrusted programs: an answer of a model is code that nobody has read."""
