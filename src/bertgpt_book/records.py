"""Results of experiments that take longer than a chapter: one JSON file each, a row per run.

Scripts in benchmarks/ write them, chapters read them.
"""

import json
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def load_results(name: str, folder: Path = RESULTS) -> dict:
    """Read a recorded experiment: -> {"about": how it was made, "rows": [a dictionary a run]}.

    name: without .json; raises ValueError, naming the file, when it is missing or damaged
    """
    path = folder / f"{name}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be read as a recorded experiment ({error}). Record it again, or restore it with: "
            "git checkout -- src/bertgpt_book/results"
        ) from None


def recorded(name: str, folder: Path = RESULTS) -> dict[str, dict]:
    """Give the rows of a recorded experiment by name."""
    return {row["name"]: row for row in load_results(name, folder)["rows"]}
