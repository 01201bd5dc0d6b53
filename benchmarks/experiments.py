"""Run an experiment: make the rows of its record that are missing or out of date, and keep the others.

A script says what its rows are and which function makes each, and calls `main`. Every script then
takes --help, --list, --only and --out, and can be stopped and started again. The record holds the
command, the machine, the seconds, and fingerprints of the weights and data behind each row.
"""

import hashlib
import json
import os
import platform
import re
import sys
import time
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import torch

from bertgpt.assets import SHIPPED, write_atomically
from bertgpt.device import supports_bfloat16
from bertgpt.weights.hub import CHECKPOINT_FILES, find_weights
from bertgpt_book.modern.adapters import SHIPPED_ADAPTERS
from bertgpt_book.modern.gguf import gguf_file
from bertgpt_book.modern.open_mask import FILLERS
from bertgpt_book.records import RESULTS, load_results
from bertgpt_book.statistics.metrics import bootstrap_interval, wilson

BFLOAT16 = supports_bfloat16(torch.device("cpu"))  # the scripts ask for it where it is not emulated


class NotRecorded(Exception):
    """Raised by a row that must not be recorded: an input is missing, or its training has failed."""


@dataclass(frozen=True)
class Row:
    """Say how one row of a record is made, and from what: a row made from the same is not made again.

    make() -> JSON values; data: fingerprints of the texts, and settings that change the result;
    weights: checkpoints, for `find_weights`; seconds: roughly, on one quiet core; key: fields of the
    row that identify it, if its name does not
    """

    name: str
    make: Callable[[], dict]
    data: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    seconds: float = 1
    key: dict = field(default_factory=dict)

    def find(self, rows: Iterable[dict]) -> dict | None:
        """Find this row in a record."""
        key = self.key or {"name": self.name}
        return next((row for row in rows if key.items() <= row.items()), None)


def fingerprint(*texts: str) -> str:
    """Compute the first 12 digits of the sha256 of some texts, to tell whether data have changed."""
    return hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()[:12]


@cache
def weights_fingerprint(source: str) -> str:
    """Hash the files of a checkpoint: the GGUF file, or configuration, weights and tokenizer, where there is one.

    The tokenizer of our own models is the course's, whose hash a record has among its data.
    """
    digest, found = hashlib.sha256(), find_weights(source)
    packed, files = gguf_file(found), CHECKPOINT_FILES[:2] if source in SHIPPED else CHECKPOINT_FILES
    for path in [packed] if packed else [found / name for name in files]:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:12]


@cache
def adapter_fingerprint(decoder: str) -> str:
    """Hash the shipped adapter with which a decoder fills blanks."""
    return hashlib.sha256(SHIPPED_ADAPTERS[FILLERS[decoder]].read_bytes()).hexdigest()[:12]


@cache
def available(source: str) -> bool:
    """Say whether a checkpoint can be had; if not, print why, once."""
    try:
        weights_fingerprint(source)
    except ValueError as error:
        print(f"Rows that need it are left out: {error}", file=sys.stderr)
        return False
    return True


def made_with(row: Row) -> dict:
    """Fingerprint what a row is made from: its weights, its data and its settings."""
    return {"weights": {source: weights_fingerprint(source) for source in row.weights}, "data": list(row.data)}


def load_record(name: str, folder: Path = RESULTS) -> dict:
    """Load a record, empty if there is none yet."""
    return load_results(name, folder) if (folder / f"{name}.json").exists() else {"about": {}, "rows": []}


def stale(name: str, rows: Iterable[Row], only: Iterable[str] = (), folder: Path = RESULTS) -> list[Row]:
    """Select the rows that are not recorded, or were made with other weights, data or settings.

    only: words that a row's name must contain, all of them
    Rows whose weights cannot be had are left out. A recorded row without "made_with" is older than
    fingerprints, and stays.
    """
    recorded, selected = load_record(name, folder)["rows"], []
    for row in rows:
        if all(word in row.name for word in only) and all(map(available, row.weights)):
            kept, made = row.find(recorded), made_with(row)
            if kept is None or kept.get("made_with", made) != made:
                selected.append(row)
    return selected


def record(
    name: str, about: dict | Callable[[], dict], rows: Iterable[Row], only: Iterable[str] = (), folder: Path = RESULTS
) -> None:
    """Make the stale rows, and write the record after each; rows no longer planned are dropped."""
    torch.set_num_threads(1)
    rows = list(rows)
    for row in stale(name, rows, only, folder):
        began = time.process_time()
        try:
            result = row.make()
        except NotRecorded as reason:
            print(f"{row.name}: not recorded, {reason}", flush=True)
            continue
        seconds = round(time.process_time() - began, 1)
        new = {"name": row.name, **row.key, "cpu_seconds": seconds, **result, "made_with": made_with(row)}
        kept = load_record(name, folder)  # read again: another process may have added to it
        ordered = [new if each is row else each.find(kept["rows"]) for each in rows]
        settings = about() if callable(about) else about
        save_results(name, kept["about"] | settings, [each for each in ordered if each], folder)
        print(f"{name}: {row.name}, {seconds} s", flush=True)


def cpu() -> str:
    """Name the processor, if the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def machine() -> dict:
    """Describe what the numbers of a record depend on beside code, weights and data."""
    return {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "cpu": cpu(),
        "bfloat16": BFLOAT16,  # without it: emulated, or float32
    }


def save_results(name: str, about: dict, rows: list[dict], folder: Path = RESULTS) -> None:
    """Write a record with its command and the machine it was made on, whole or not at all.

    about: settings, hashes of the data; rows: JSON values only
    """
    about = {"command": f"python benchmarks/{name}.py", "data": {}, **about, "machine": machine()}
    text = json.dumps({"about": about, "rows": rows}, indent=1)
    numbers = re.compile(r"\[\s+([-+\d.eE,\s]+?)\s+\]")  # a list of numbers takes one line
    text = numbers.sub(lambda match: f"[{' '.join(match[1].split())}]", text) + "\n"
    write_atomically(folder, {f"{name}.json": text})


def arguments(doc: str) -> ArgumentParser:
    """Make the parser that all scripts share; --help prints the script's docstring."""
    parser = ArgumentParser(description=doc, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="list the rows that would be made, and make none")
    parser.add_argument("--only", nargs="+", default=[], metavar="ROW", help="rows whose name has all of these words")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record (default: the book's)")
    return parser


def matching(names: Iterable[str], only: list[str]) -> list[str]:
    """Select the names that have all of these words; where there is none, say what there is."""
    names = list(names)
    if selected := [name for name in names if all(word in name for word in only)]:
        return selected
    raise SystemExit(f"No row has {' and '.join(only)} in its name. There are: {'; '.join(names)}")


def main(
    doc: str,
    name: str,
    about: dict | Callable[[], dict],
    rows: Callable[[], Iterable[Row]],
    then: Callable[[], None] | None = None,
) -> None:
    """Run a script: list or make the rows of one record.

    about: what the record says of all its rows; then: what follows once the book's record is complete
    """
    args, planned = arguments(doc).parse_args(), list(rows())
    matching([row.name for row in planned], args.only)
    if args.list:
        to_make = stale(name, planned, args.only, args.out)
        print(*(f"{row.seconds:6.0f} s  {row.name}" for row in to_make), sep="\n")
        return print(f"{sum(row.seconds for row in to_make):6.0f} s of a quiet core in all")
    record(name, about, planned, args.only, args.out)
    if then and args.out == RESULTS:
        then()


def spread(values) -> dict:
    """Compute a mean, its 95 % interval over the items, and their number."""
    return {"mean": float(np.mean(values)), "interval": bootstrap_interval(values), "n": len(values)}


def percentage(right: list) -> dict:
    """Compute a share in percent with Wilson's 95 % interval, of n answers that are right or not: -> as `spread`."""
    low, high = wilson(sum(right), len(right))
    return {"mean": 100 * (sum(right) / len(right)), "interval": (100 * low, 100 * high), "n": len(right)}


def written(figure: dict, digits: int) -> str:
    """Write a figure with its interval, such as "42 (40 to 44)"."""
    mean, low, high = (f"{value:.{digits}f}" for value in (figure["mean"], *figure["interval"]))
    return f"{mean} ({low} to {high})".replace("-", "−")  # a minus, not a hyphen
