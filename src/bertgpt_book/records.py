"""Results of experiments that take longer than a chapter: one JSON file each, a row per run.

Scripts in benchmarks/ write them, chapters read them.
"""

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def load_results(name: str, folder: Path = RESULTS) -> dict:
    """Read a recorded experiment: -> {"about": how it was made, "rows": [a dictionary a run]}.

    name: without .json; raises ValueError, naming the file, when there is none, or it cannot be read as one
    """
    path = folder / f"{name}.json"
    if path.parent != folder or not path.exists():
        there = ", ".join(sorted(known.stem for known in folder.glob("*.json")))
        raise ValueError(f"{path} is no recorded experiment: {folder} holds {there or 'none'}")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if not (isinstance(found["about"], dict) and all(isinstance(row, dict) for row in found["rows"])):
            raise TypeError("about and rows are no dictionary and list of dictionaries")
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError(
            f"{path} cannot be read as a recorded experiment ({error!r}). Record it again, or restore it "
            "with: git checkout -- src/bertgpt_book/results"
        ) from None
    return found


def recorded(name: str, folder: Path = RESULTS) -> dict[str, dict]:
    """Give the rows of a recorded experiment by name."""
    return {row["name"]: row for row in load_results(name, folder)["rows"]}
