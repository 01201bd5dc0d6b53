"""Shared by the speed benchmarks: turns, rows, and a record of the versions that were timed.

A row compares ours with a peer, both timed in one run and in turns, so that noise hits both.
"""

import platform
import shlex
import statistics
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from experiments import save_results

from bertgpt_book.records import RESULTS


def arguments(doc: str, turns: int) -> ArgumentParser:
    """Make a parser with the number of turns and the folder of the record."""
    parser = ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--turns", type=int, default=turns, help="times that each is timed (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record")
    return parser


def turn_about(contestants: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    """Run all contestants once, then again: name -> seconds of each turn, without a first for warm-up."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(turns + 1):
        for name, act in contestants.items():
            began = time.perf_counter()
            act()
            seconds[name].append(time.perf_counter() - began)
    return {name: times[1:] for name, times in seconds.items()}


def compared(
    setting: str,
    peer: str,
    ours: list[float],
    theirs: list[float],
    *,
    goal: float | None = None,
    at_most: float | None = None,
    work: float | None = None,
    unit: str = "s",
) -> dict:
    """Make a row of two lists of seconds, turn by turn.

    goal: target of `ratio`, how many times as fast ours is; at_most: target seconds of ours; work:
    per turn, to give `ours` and `theirs` as work per second; ratios: lowest, median and highest of
    the turns
    """
    turn_by_turn = sorted(other / own for own, other in zip(ours, theirs, strict=True))
    own, other = statistics.median(ours), statistics.median(theirs)
    rounded = [float(f"{work / median if work else median:.4g}") for median in (own, other)]
    return {
        "setting": setting,
        "peer": peer,
        "unit": unit,
        "ours": rounded[0],
        "theirs": rounded[1],
        "ratio": round(other / own, 2),
        "goal": goal,
        **({} if at_most is None else {"at_most": at_most}),
        "ratios": [round(at, 2) for at in (turn_by_turn[0], statistics.median(turn_by_turn), turn_by_turn[-1])],
    }


def cpu() -> str:
    """Name the processor, if the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def record(script: str, args: Namespace, rows: list[dict], *, peers: tuple[str, ...] = (), **about) -> None:
    """Print the rows and write them, with the versions of what was timed, to the folder that args.out names.

    script: its __file__; peers: packages that were timed, too; about: more facts, such as `data`
    """
    name = Path(script).stem
    for row in rows:
        gain = f"{row['lower']:.3f} lower" if "lower" in row else f"ratio {row['ratio']:.2f}"
        print(f"{row['setting']:42} ours {row['ours']:<9g} {row['peer']} {row['theirs']:<9g} {row['unit']}, {gain}")
    versions = {"python": platform.python_version(), **{peer: version(peer) for peer in ("torch", *peers)}}
    about = {
        "command": shlex.join(["python", f"benchmarks/{name}.py", *sys.argv[1:]]),
        "turns": args.turns,
        "data": {},
        "cpu": cpu(),
        "versions": versions,
        **about,
    }
    save_results(name, about, rows, args.out)
