"""What only the book's pages use: widgets, figures, exercises, checks, records."""
