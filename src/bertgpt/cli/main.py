"""The command line as a whole: its commands, and one line for what goes wrong in any of them."""

import argparse
import sys

from ..device import NAMES
from ..training import distributed
from . import train, use


class Parser(argparse.ArgumentParser):
    """Report a wrong argument in one line."""

    def error(self, message: str):
        self.exit(2, f"bertgpt: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands: -> arguments with `run`, the function that a command calls with them."""
    description = "Train a model, evaluate it, generate text, fill in blanks."
    top = Parser(prog="python -m bertgpt", description=description)
    commands = top.add_subparsers(required=True, metavar="command", dest="command")
    train.add_command(commands)
    use.add_commands(commands)
    for command in commands.choices.values():
        command.add_argument("--device", default="auto", help=f"one of {', '.join(NAMES)} (default: auto)")
    return top


def main() -> int:
    """Run the command: -> 0, or what it returns; 2 after an error, told in one line; 130 after Ctrl-C."""
    try:
        with distributed.processes():
            args = parser().parse_args()
            return args.run(args) or 0
    except KeyboardInterrupt as stop:
        return fail(str(stop) or "stopped", 130)
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ValueError as error:
        return fail(str(error))
    except (MemoryError, RuntimeError) as error:
        # On a CPU, PyTorch has no other sign of too little memory than the word.
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        remedy = "use a smaller model, a smaller --batch-size, a shorter --context or another --device"
        return fail(f"not enough memory ({error}): {remedy}")


def fail(message: str, code: int = 2) -> int:
    print("bertgpt:", " ".join(message.splitlines()), file=sys.stderr)
    return code
