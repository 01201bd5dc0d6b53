"""The command `exam`: how a model does in somebody else's tests."""

from collections import defaultdict

import numpy as np
from tqdm import tqdm

from ..evaluation import exams
from ..inference.sentences import score_minimal_pairs
from .use import MODEL, load

FEW = 10  # pairs a paradigm


def add_command(commands) -> None:
    p = commands.add_parser("exam", help="test a model on minimal pairs: which of two sentences is right?")
    p.set_defaults(run=run_exam)
    p.add_argument("directory", help=MODEL)
    which = "zorro: in a child's words; blimp: in an adult's; ends: the last word of a sentence"
    p.add_argument("--on", choices=exams.EXAMS, default="zorro", help=f"{which} (default: zorro)")
    p.add_argument("--few", action="store_true", help=f"{FEW} pairs a paradigm, drawn at random")


def run_exam(args) -> None:
    """Print the share of pairs in which the right sentence is more probable, by paradigm or by phenomenon."""
    model, tokenizer = load(args)
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
