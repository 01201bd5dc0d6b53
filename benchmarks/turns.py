"""Shared by the speed benchmarks: ours and a peer are timed in one run and in turns, so that noise hits both."""

import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version

from experiments import arguments, cpu, matching, save_results

from bertgpt import save_pretrained
from bertgpt_book.records import RESULTS


def main(doc: str, name: str, timings: dict, turns: int, peers: tuple[str, ...] = (), **about) -> None:
    """Run a speed benchmark: time everything again, and replace the record.

    timings: what is timed -> a function of the number of turns that gives its rows; peers: packages
    that are timed, too; about: settings
    """
    parser = arguments(doc)
    parser.add_argument("--turns", type=int, default=turns, help="times that each is timed (default: %(default)s)")
    args = parser.parse_args()
    selected = matching(timings, args.only)
    if args.list:
        return print(*selected, sep="\n")
    if args.only and args.out == RESULTS:
        parser.error("a record is one run of all rows: with --only, name another folder by --out")
    rows = [row for title in selected for row in timings[title](args.turns)]
    for row in rows:
        gain = f"{row['lower']:.3f} lower" if "lower" in row else f"ratio {row['ratio']:.2f}"
        print(f"{row['setting']:42} ours {row['ours']:<9g} {row['peer']} {row['theirs']:<9g} {row['unit']}, {gain}")
    versions = {"python": platform.python_version(), **{package: version(package) for package in ("torch", *peers)}}
    save_results(name, {"turns": args.turns, "cpu": cpu(), "versions": versions, **about}, rows, args.out)


def turn_about(contestants: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Run all contestants once, then again: name -> seconds of each turn, without a first for warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(turns + 1):
        for name, act in contestants.items():
            began = time.perf_counter()
            act()
            seconds[name].append(time.perf_counter() - began)
    return {name: times[1:] for name, times in seconds.items()}


def compared(setting: str, peer: str, seconds: dict, *, goal=None, work=None, unit: str = "s") -> dict:
    """Make a row of the seconds of "ours" and "theirs", turn by turn.

    goal: target of `ratio`, how many times as fast ours is; work: per turn, to give `ours` and `theirs` as work per
    second; ratios: lowest, median and highest of the turns
    """
    ratios = sorted(theirs / ours for ours, theirs in zip(seconds["ours"], seconds["theirs"], strict=True))
    ours, theirs = (statistics.median(seconds[side]) for side in ("ours", "theirs"))
    return {
        "setting": setting,
        "peer": peer,
        "unit": unit,
        "ours": float(f"{work / ours if work else ours:.4g}"),
        "theirs": float(f"{work / theirs if work else theirs:.4g}"),
        "ratio": round(theirs / ours, 2),
        "goal": goal,
        "ratios": [round(ratio, 2) for ratio in (ratios[0], statistics.median(ratios), ratios[-1])],
    }


def twin(model, peer_class):
    """Load a copy of our model into a class of transformers, through a folder."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        save_pretrained(model, folder)
        return peer_class.from_pretrained(folder).train(model.training)
