"""What experiments longer than a chapter found: one JSON file each, a row a run.

Scripts in benchmarks/ write them, chapters read and question them.
"""

import hashlib
import json
import os
from pathlib import Path

import torch

from .assets import ASSETS

RESULTS = ASSETS / "results"


def load_results(name: str, folder: Path = RESULTS) -> dict:
    """Read a recorded experiment: -> {"about": how it was made, "rows": [a dictionary a run]}."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def save_results(name: str, about: dict, rows: list[dict], folder: Path = RESULTS) -> None:
    """Write an experiment with the machine it ran on, whole or not at all.

    about: command, settings, hashes of the data; rows: what was found, JSON values only
    """
    machine = {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "torch": torch.__version__}
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{name}.json.part"
    unfinished.write_text(json.dumps({"about": {**about, "machine": machine}, "rows": rows}, indent=1) + "\n",
                          encoding="utf-8")
    os.replace(unfinished, folder / f"{name}.json")


def fingerprint(*texts: str) -> str:
    """Give the first 12 digits of the sha256 of some texts, to tell whether data are still the same."""
    return hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()[:12]
