"""python -m bertgpt_book.exams MODEL: how a model does in somebody else's tests."""

import argparse
import sys
from collections import defaultdict

import numpy as np
from tqdm import tqdm

from bertgpt.device import get_device
from bertgpt.weights.loading import load_model
from bertgpt.weights.pretrained import load_tokenizer

from . import exams
from .sentences import score_minimal_pairs

FEW = 10  # pairs a paradigm


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        "python -m bertgpt_book.exams", description="Test a model on minimal pairs: which of two sentences is right?"
    )
    p.add_argument("model", help="littlebert, littlegpt, littleboth, smollm2, a folder, or a name on the hub")
    which = "zorro: in a child's words; blimp: in an adult's; ends: the last word of a sentence"
    p.add_argument("--on", choices=exams.EXAMS, default="zorro", help=f"{which} (default: zorro)")
    p.add_argument("--few", action="store_true", help=f"{FEW} pairs a paradigm, drawn at random")
    p.add_argument("--device", default="auto", help="auto, cuda, mps or cpu (default: auto)")
    return p


def run_exam(args) -> None:
    """Print the share of pairs in which the right sentence is more probable, by paradigm or by phenomenon."""
    model, tokenizer = load_model(args.model).to(get_device(args.device)), load_tokenizer(args.model)
    pairs = exams.EXAMS[args.on]()
    pairs = exams.draw(pairs, FEW) if args.few else pairs
    marks: dict[str, dict[str, np.ndarray]] = {}  # way -> paradigm -> (n,)
    for paradigm, each in tqdm(pairs.items(), unit="paradigm", leave=False):
        right, wrong = zip(*each)
        for way, scores in score_minimal_pairs(model, tokenizer, right, wrong).items():
            marks.setdefault(way, {})[paradigm] = exams.preferences(*scores)
    groups = exams.blimp_phenomena() if args.on == "blimp" else {paradigm: paradigm for paradigm in pairs}
    table: dict[str, list[str]] = defaultdict(list)  # name of a row -> a cell for each way
    for way, shares in marks.items():
        table["% right"].append(way)
        for group in dict.fromkeys(groups.values()):
            means = [shares[paradigm].mean() for paradigm in shares if groups[paradigm] == group]
            table[group].append(f"{100 * np.mean(means):.0f}")
        summary = exams.summarise(shares)
        table["all"].append(f"{100 * summary['mean']:.0f}")
        for name in ("pairs", "paradigms"):
            low, high = summary[name]
            table[f"95 %, other {name}"].append(f"{100 * low:.0f} to {100 * high:.0f}")
    for name, cells in table.items():
        print(f"{name:52}", *(f"{cell:>{max(len(way), 9)}}" for way, cell in zip(marks, cells)))
    print(f"{sum(map(len, pairs.values())):,} pairs; a coin gets 50, and a tie counts half")


def main() -> int:
    """Run the command: -> 0, or 2 after an error, told in one line."""
    try:
        run_exam(parser().parse_args())
    except (OSError, ValueError) as error:
        print("bertgpt_book.exams:", " ".join(str(error).splitlines()), file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
