"""The command `exam`: how a model does in somebody else's tests."""

import numpy as np
from tqdm import tqdm

from ..evaluation import exams
from ..inference.sentences import score_minimal_pairs
from .use import MODEL, load

FEW = 10  # pairs a paradigm


def add_command(commands) -> None:
    """Add `exam` to the command line."""
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
    print("% right".ljust(WIDTH), *(f"{way:>{max(len(way), 9)}}" for way in marks))
    for group in dict.fromkeys(groups.values()):
        print(group.ljust(WIDTH), *(cell(way, mean_of(marks[way], groups, group)) for way in marks))
    summaries = {way: exams.summarise(marks[way]) for way in marks}
    print("all".ljust(WIDTH), *(cell(way, summaries[way]["mean"]) for way in marks))
    for name in ("pairs", "paradigms"):
        ends = {way: "{:.0f} to {:.0f}".format(*(100 * end for end in summaries[way][name])) for way in marks}
        print(f"95 %, other {name}".ljust(WIDTH), *(f"{end:>{max(len(way), 9)}}" for way, end in ends.items()))
    n_pairs = sum(map(len, pairs.values()))
    print(f"{n_pairs:,} pairs; a coin gets 50, and a tie counts half")


WIDTH = 52  # of the longest name of a paradigm


def cell(way: str, share: float) -> str:
    return f"{100 * share:{max(len(way), 9)}.0f}"


def mean_of(marks: dict[str, np.ndarray], groups: dict[str, str], group: str) -> float:
    """Average the paradigms of a group."""
    return float(np.mean([marks[paradigm].mean() for paradigm in marks if groups[paradigm] == group]))
