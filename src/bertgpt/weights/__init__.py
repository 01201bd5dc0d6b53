"""Weights in and out: our format, Hugging Face's, and whether two programs compute the same."""
