"""Results of experiments that take longer than a chapter, written by benchmarks/: a JSON file each, a row per run."""

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def load_results(name: str, folder: Path = RESULTS) -> dict:
    """Read a recorded experiment: -> {"about": how it was made, "rows": [a dictionary a run]}."""
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))


def recorded(name: str) -> dict[str, dict]:
    """Give the rows of a recorded experiment by name."""
    return {row["name"]: row for row in load_results(name)["rows"]}
