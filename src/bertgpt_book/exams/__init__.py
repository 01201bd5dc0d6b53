"""Somebody else's tests, and the ways in which a sentence is scored."""
