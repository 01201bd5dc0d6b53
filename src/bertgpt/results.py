"""What experiments longer than a chapter found: one JSON file each, a row a run.

Scripts in benchmarks/ write them, chapters read and question them.
"""

import hashlib
import json
from pathlib import Path

from .assets import ASSETS

RESULTS = ASSETS / "results"


def load_results(name: str, folder: Path = RESULTS) -> dict:
    """Read a recorded experiment: -> {"about": how it was made, "rows": [a dictionary a run]}."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def fingerprint(*texts: str) -> str:
    """Give the first 12 digits of the sha256 of some texts, to tell whether data are still the same."""
    return hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()[:12]
