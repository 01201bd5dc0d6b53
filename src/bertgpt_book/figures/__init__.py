"""The figures of the chapters: plots.py has what several share, a chapter's own lie in one file."""
