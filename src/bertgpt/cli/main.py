"""The command line as a whole: its commands, and one line for what goes wrong in any of them."""

import argparse
import os
import re
import sys
from contextlib import nullcontext
from importlib import import_module

from .. import __version__

# PyTorch takes seconds to import: each command's module is, when that command was typed.
COMMANDS = {
    "train": ("train", "train a model"),
    "eval": ("use", "evaluate a model on text that it was not trained on"),
    "generate": ("use", "continue a prompt with a GPT or a Both model"),
    "fill": ("use", "fill in every [MASK] with a BERT, a Both model, or smollm2 with its mask opened"),
}
FIELDS = {"n_layers": "--layers", "n_heads": "--heads"}  # a configuration's field -> the flag that sets it


class Parser(argparse.ArgumentParser):
    """Report a wrong argument in one line."""

    def error(self, message: str):
        self.exit(2, f"bertgpt: {message} (see {self.prog} --help)\n")


class CommandParser(Parser):
    """Learn its arguments when its command is typed, and take a word such as "-hello" for a text."""

    module = ""

    def parse_known_args(self, args=None, namespace=None):
        name, words = self.prog.split()[-1], list(args)
        getattr(import_module(f".{self.module}", __package__), f"add_{name}")(self)
        self.add_argument("--device", default="auto", help="one of auto, cuda, mps, cpu (default: auto)")
        if "--" not in words:
            texts = [word for word in words if re.match("-[^-0-9.]", word) and word != "-h"]
            words = [word for word in words if word not in texts] + (["--", *texts] if texts else [])
        found, unknown = super().parse_known_args(words, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return found, []


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands: -> arguments with `run`, the function that a command calls with them."""
    description = "Train a model, evaluate it, generate text, fill in blanks."
    top = Parser(prog="python -m bertgpt", description=description)
    top.add_argument("--version", action="version", version=f"bertgpt {__version__}")
    commands = top.add_subparsers(required=True, metavar="command", dest="command", parser_class=CommandParser)
    for name, (module, about) in COMMANDS.items():
        commands.add_parser(name, help=about).module = module
    return top


def processes():
    """Join the processes that torchrun started, if it did."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return nullcontext()
    from ..training import distributed

    return distributed.processes()


def main() -> int:
    """Run the command: -> 0, or what it returns; 2 after an error, told in one line; 130 after Ctrl-C."""
    args = argparse.Namespace()
    try:
        if sys.argv[1:] and sys.argv[1].startswith("-") and sys.argv[1] not in ("-h", "--help", "--version"):
            raise ValueError(f"the command comes first, then {sys.argv[1]} (see python -m bertgpt --help)")
        if broken := [word for word in sys.argv if re.search("[\udc80-\udcff]", word)]:
            raise ValueError(f"{broken[0]!r} is not UTF-8: give it in UTF-8")
        with processes():
            args = parser().parse_args()
            code = args.run(args) or 0
            sys.stdout.flush()
            return code
    except KeyboardInterrupt as stop:
        return fail(str(stop) or "stopped", 130)
    except BrokenPipeError:  # a reader such as `head` has what it wants
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        return fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except ValueError as error:
        return fail(as_flags(str(error), args))
    except (MemoryError, RuntimeError) as error:
        # On a CPU, PyTorch has no other sign of too little memory than the word.
        if isinstance(error, RuntimeError) and "memory" not in str(error):
            raise
        remedy = "use a smaller model, a smaller --batch-size, a shorter --context or another --device"
        return fail(f"not enough memory ({error}): {remedy}")


def as_flags(message: str, args: argparse.Namespace) -> str:
    """Name the flag that was typed where a message names the field that it set."""
    flags = {name: "--" + name.replace("_", "-") for name in vars(args)} | FIELDS
    return re.sub(r"(?<![\w-])(\w+)(?= must be | = | \d)", lambda m: flags.get(m[1], m[1]), message)


def fail(message: str, code: int = 2) -> int:
    print("bertgpt:", " ".join(message.splitlines()), file=sys.stderr)
    return code
