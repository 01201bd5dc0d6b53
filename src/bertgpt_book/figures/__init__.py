"""The figures of the chapters: plots.py has what several share; each other file belongs to a chapter or two."""
