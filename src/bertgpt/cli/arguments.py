"""What the command line takes: every flag, what it may be, and one line for what it may not."""

import argparse
from pathlib import Path

from ..assets import SHIPPED
from ..device import NAMES
from ..text.corpora import CORPORA
from ..text.vocabularies import PUBLISHED
from ..training.optimisers import OPTIMISERS
from ..training.settings import SCHEDULES

MODEL = "a folder that train wrote, tinybert, tinygpt, tinyboth, or a name on the hub"


TEXTS = ", ".join(CORPORA)


class Parser(argparse.ArgumentParser):
    """Refuse in one line."""

    def error(self, message: str):
        self.exit(2, f"bertgpt: {message} (all that is possible: {self.prog} --help)\n")


class Defaults(argparse.ArgumentDefaultsHelpFormatter):
    """Say the default of each flag that has one."""

    def _get_help_string(self, action):
        return action.help if action.default is None else super()._get_help_string(action)


def number(kind: type, interval: str):
    """Make the reader of a number in an interval as it is written: "[1, 9]" with its ends, "(0, 1)" without.

    kind: int or float -> text -> number; raises argparse.ArgumentTypeError, which names the flag
    """
    low, high = map(float, interval[1:-1].split(","))

    def read(text: str):
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")                 # which is in no interval
        inside = low <= value <= high and not (value == low and interval[0] == "(" or
                                               value == high and interval[-1] == ")")
        if not inside:
            what = "a whole number" if kind is int else "a number"
            raise argparse.ArgumentTypeError(f"must be {what} in {interval}, not {text[:40]!r}")
        return value

    return read


def name(text: str) -> str:
    """Read the name of a file, a folder or a model, which cannot be empty."""
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def new_folder(text: str) -> Path:
    """Read a folder to write a model to: none that a shipped name would hide from every later command."""
    path = Path(name(text))
    if path.as_posix() in {*SHIPPED, *PUBLISHED}:
        raise argparse.ArgumentTypeError(f"must not be {path}, which is the name of a published model")
    return path


def spoken(text: str) -> str:
    """Read a prompt: the operating system hands over bytes, which may be no text at all."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError(f"is not UTF-8 (character {error.start})") from None
    return text


def parser() -> argparse.ArgumentParser:
    """Build the parser of all commands: -> arguments with `command`, and what that command takes."""
    top = Parser(prog="python -m bertgpt", description="Train a model, measure it, let it write or fill blanks.")
    commands = top.add_subparsers(required=True, metavar="command", dest="command")
    add_train(commands.add_parser("train", help="train a model", formatter_class=Defaults))

    p = commands.add_parser("eval", help="measure a model on text it has not seen", formatter_class=Defaults)
    p.add_argument("directory", type=name, help=MODEL)
    p.add_argument("--text", type=name, required=True, help=f"a UTF-8 file, or the held-out part of {TEXTS}")

    p = commands.add_parser("generate", help="let a GPT, or a both, go on with a prompt", formatter_class=Defaults)
    p.add_argument("directory", type=name, help=MODEL)
    p.add_argument("prompt", type=spoken)
    p.add_argument("--tokens", type=number(int, "[1, 1000000]"), help="how many to write at most")
    p.add_argument("--temperature", type=number(float, "[0, 1000]"), default=0.8, help="0: always the likeliest")
    p.add_argument("--top-k", type=number(int, "[1, 1000000]"), help="draw among so many likeliest tokens")
    p.add_argument("--top-p", type=number(float, "(0, 1]"), help="draw among the likeliest that hold so much together")
    p.add_argument("--seed", type=number(int, "[0, 4294967295]"), default=0)

    p = commands.add_parser("fill", help="let a BERT, or a both, fill every [MASK]", formatter_class=Defaults)
    p.add_argument("directory", type=name, help=MODEL)
    p.add_argument("text", type=spoken)
    p.add_argument("--top-k", type=number(int, "[1, 1000000]"), default=5, help="how many guesses")

    for p in commands.choices.values():
        p.add_argument("--device", default="auto", help=f"where to compute: {', '.join(NAMES)}")

    p = commands.add_parser("check", help="say which exercises of a chapter are done")
    p.add_argument("notebook", type=name, help="a chapter with your answers in it, such as 03_masks.ipynb")
    return top


def add_train(p: argparse.ArgumentParser) -> None:
    """Add what `train` takes."""
    p.add_argument("model", choices=["bert", "gpt", "both"])
    p.add_argument("--text", nargs="+", type=name, required=True, metavar="TEXT",
                   help=f"{TEXTS} or UTF-8 files")
    p.add_argument("--weights", nargs="+", type=number(float, "[1e-6, 1e6]"), metavar="WEIGHT",
                   help="how often each text is drawn from (by length)")
    p.add_argument("--tokenizer", type=name, default="bpe", help="bpe (the course's), char, or a tokenizer.json")
    p.add_argument("--out", type=new_folder, required=True, help="a new folder for the model")
    p.add_argument("--resume", action="store_true", help="go on with the run in --out, given the same arguments")
    length = p.add_mutually_exclusive_group(required=True)
    length.add_argument("--steps", type=number(int, "[1, 1000000000]"))
    length.add_argument("--minutes", type=number(float, "(0, 1000000]"),
                        help="train about this long: 20 steps are timed, the rest is by steps")
    for flag, kind, interval, default, told in [
            ("--d-model", int, "[1, 65536]", 128, "numbers in a hidden state"),
            ("--layers", int, "[1, 1000]", 2, "blocks"),
            ("--heads", int, "[1, 1000]", 4, "attention heads of each block"),
            ("--context", int, "[3, 1000000]", 64, "tokens in a row"),
            ("--batch-size", int, "[1, 65536]", 32, "rows in a batch"),
            ("--dropout", float, "[0, 1)", 0.1, "share of numbers zeroed while training"),
            ("--rate", float, "(0, 1)", 0.15, "share of tokens that BERT is asked for"),
            ("--blanks", float, "(0, 1)", 0.5, "share of a both's batches that have blanks, the others being causal"),
            ("--learning-rate", float, "(0, 1]", 3e-3, "its peak"),
            ("--muon-factor", float, "(0, 100]", 1.0, "the peak of Muon's learning rate, in units of --learning-rate"),
            ("--warmup", int, "[0, 1000000000]", 100, "steps to the peak"),
            ("--weight-decay", float, "[0, 1]", 0.1, "of matrices"),
            ("--average", float, "[0, 1)", 0.0, "decay of a moving average of the weights, which is kept; 0: none"),
            ("--accumulate", int, "[1, 65536]", 1, "parts that a batch is read in, to save memory"),
            ("--short-steps", int, "[0, 1000000000]", 0,
             "learn so many steps from rows of a quarter of --context first, four times as many a step"),
            ("--eval-every", int, "[1, 1000000000]", 200, "steps between two looks at the held-out text"),
            ("--save-every", int, "[1, 1000000000]", 200, "steps between two checkpoints"),
            ("--seed", int, "[0, 4294967295]", 0, "of weights, batches and dropout")]:
        p.add_argument(flag, type=number(kind, interval), default=default, help=told)
    p.add_argument("--optimiser", choices=[*OPTIMISERS], default="adamw", help="muon is for the blocks' matrices")
    p.add_argument("--schedule", choices=[*SCHEDULES], default="cosine", help="of the learning rate after the warm-up")
    p.add_argument("--bfloat16", action="store_true", help="multiply in 16 bits, on processors that are made for it")
