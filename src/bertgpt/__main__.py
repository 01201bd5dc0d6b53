"""What `python -m bertgpt` and the script `bertgpt` run: the command line, and the book's own command."""

import sys

from .book import exercises
from .cli import main as command_line


def main() -> int:
    """Run the command line: -> exit code."""
    return command_line.main(exercises.add_command)


if __name__ == "__main__":
    sys.exit(main())
