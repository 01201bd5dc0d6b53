"""The command line: python -m bertgpt."""
