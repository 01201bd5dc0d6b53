"""What only the book's pages use: widgets, figures, exercises, checks, records."""

from .keeping import keep_in_notebook

keep_in_notebook()
