"""Weights in and out: ours, Hugging Face's, and whether two programs compute the same."""
