"""Numbers on a page that repeat a record, filled in when the book is built.

    {record}`cards/littlegpt/next token, nats/stories:.2f`

reads assets/results/cards.json, takes the row whose first value is "littlegpt", of it what stands under
"next token, nats" and "stories", and writes that with two digits; a figure with an interval becomes
"2.31 (2.25 to 2.37)". `cards/about/command` reads how the record was made. Several rows of one name must
agree. Behind the colon stands a format of Python's, "million", "hundred" for a share of 100, or "ms" for
seconds in thousandths. What no file holds as it stands is named in SOURCES.
"""

import json
import re
from functools import cache
from math import prod
from pathlib import Path

from docutils import nodes
from safetensors import safe_open
from sphinx.util.docutils import SphinxRole

from bertgpt.assets import SHIPPED
from bertgpt_book import widgets
from bertgpt_book.records import load_results

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
HIDDEN = {"setup", "check", "plumbing", "question"}  # cells whose code is out of sight
EXERCISE = re.compile(r"(★+) · about (\d+) minutes")
WEEKEND = ("00", "01", "02", "03", "04", "05", "06", "09", "12", "13")  # chapters of a route in how_to_read.md
FACTOR = 2  # for every page: what one predicts, clicks and looks at takes as long again as its words and lines
EXTRAS = {"predictions": 1.5, "pictures": 1, "widgets": 5}  # minutes for each, which is where FACTOR comes from
WIDGETS = re.compile(rf"\b({'|'.join(name for name in vars(widgets) if name[0].isupper())})\(")
UNITS = {"million": (1e-6, ".1f", " million"), "hundred": (100, "z.0f", ""), "ms": (1000, ".0f", "")}
FORMAT = re.compile(rf":({'|'.join(UNITS)}|[,.\d]*[a-z]?)$")


def passes() -> dict[str, float]:
    """Count how often each corpus was read in the training of our GPT."""
    tokens = {row["corpus"]: row["tokens"] for row in load_results("corpora")["rows"]}
    (gpt,) = (row for row in load_results("shipped_training")["rows"] if row["model"] == "GPT")
    names, weights = gpt["arguments"]["text"], gpt["arguments"]["weights"]
    return {name: gpt["tokens"] * weight / sum(weights) / tokens[name] for name, weight in zip(names, weights)}


def tokens_a_word() -> dict[str, float]:
    """Divide the tokens of each corpus's held-out texts by their words."""
    return {row["corpus"]: row["held_out_tokens"] / row["held_out_words"] for row in load_results("corpora")["rows"]}


def parameters() -> dict[str, int]:
    """Count the parameters of each shipped model in the file of its weights."""
    found = {}
    for name, folder in SHIPPED.items():
        with safe_open(folder / "model.safetensors", "np") as weights:
            found[name] = sum(prod(weights.get_slice(key).get_shape()) for key in weights.keys())  # noqa: SIM118
    return found


def story(path: Path) -> list[dict]:
    """Read a chapter's cells up to its exercises, each with its source as one text and its tags as a set."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        cell["source"], cell["tags"] = "".join(cell["source"]), set(cell["metadata"].get("tags", []))
    return cells[: next(i for i, cell in enumerate(cells) if cell["source"].startswith("## Exercises"))]


def words_and_lines(cells: list[dict]) -> float:
    """Count the minutes of what is in sight: 200 words or 10 lines of code each."""
    seen = [cell for cell in cells if not HIDDEN & cell["tags"]]
    words = sum(len(re.findall(r"\w\S*", cell["source"])) for cell in seen if cell["cell_type"] == "markdown")
    code = (cell["source"] for cell in seen if cell["cell_type"] == "code")
    return words / 200 + sum(len(re.findall(r"^.*\S", source, re.MULTILINE)) for source in code) / 10


def extras(cells: list[dict]) -> dict[str, int]:
    """Count what a reader does besides reading: -> how many of each of EXTRAS."""
    return {
        "predictions": sum("question" in cell["tags"] for cell in cells),
        "pictures": sum("figure" in cell["metadata"].get("mystnb", {}) for cell in cells),
        "widgets": sum(bool(WIDGETS.search(cell["source"])) for cell in cells if "question" not in cell["tags"]),
    }


def minutes(path: Path) -> dict[str, float]:
    """Count a chapter's minutes: of reading, its words and lines times FACTOR; of all and of its easiest exercises."""
    exercises = [(len(stars), int(about)) for stars, about in EXERCISE.findall(path.read_text(encoding="utf-8"))]
    return {
        "reading": FACTOR * words_and_lines(story(path)),
        "exercises": sum(about for _, about in exercises),
        "one star": sum(about for stars, about in exercises if stars == 1),
    }


@cache
def chapters() -> dict[str, float]:
    """Count the chapters, what is in them, and the hours: of all, and on the weekend's route."""
    paths = sorted(CHAPTERS.glob("*.ipynb"))
    found = {path.stem[:2]: minutes(path) for path in paths}
    weekend = [found[number] for number in WEEKEND]
    besides = [extras(story(path)) for path in paths]
    counts = {name: sum(one[name] for one in besides) for name in EXTRAS}
    reading = sum(each["reading"] for each in found.values()) / 60
    return counts | {
        "count": len(found),
        "words and lines": reading / FACTOR,
        "besides": sum(EXTRAS[name] * count for name, count in counts.items()) / 60,
        "reading": reading,
        "exercises": sum(each["exercises"] for each in found.values()) / 60,
        "weekend": sum(each["reading"] + each["one star"] for each in weekend) / 60,
    }


SOURCES = {"chapters": chapters, "parameters": parameters, "passes": passes, "tokens_a_word": tokens_a_word}


def step_into(found, name: str) -> list:
    """Return what a name selects: of a dictionary, a list, or the rows whose first value it is."""
    if isinstance(found, list) and found and isinstance(found[0], dict):
        return [row for row in found if next(iter(row.values())) == name]
    if isinstance(found, list):
        found = {str(index): value for index, value in enumerate(found)}
    return [found[name]] if isinstance(found, dict) and name in found else []


def look_up(name: str):
    """Follow a name through the records: -> one value; raises ValueError where it leads to none or several."""
    source, *path = name.split("/")
    found = [SOURCES[source]() if source in SOURCES else load_results(source)]
    if source not in SOURCES and path[0] != "about":
        path = ["rows", *path]
    for part in path:
        found = [each for one in found for each in step_into(one, part)]
        if not found:
            raise ValueError(f"{name}: there is no {part!r}")
    whole = isinstance(found[0], (dict, list)) and not has_interval(found[0])
    if whole or any(each != found[0] for each in found):
        raise ValueError(f"{name} is not one value")
    return found[0]


def has_interval(value) -> bool:
    return isinstance(value, dict) and {"mean", "interval"} <= value.keys()


def written(value, how: str | None) -> str:
    """Write a value as a page does.

    >>> written(15_564_800, "million"), written(1392, None), written(4.2482, ".2f"), written("42.3", None)
    ('15.6 million', '1,392', '4.25', '42.3')
    >>> written({"mean": 4.3, "interval": [-3.6, 12.2]}, ".0f"), written("a-b", None)
    ('4 (−4 to 12)', 'a-b')
    >>> written(0.584, "hundred"), written(-0.002, "hundred")
    ('58', '0')
    """
    if has_interval(value):
        mean, low, high = (written(each, how or "") for each in (value["mean"], *value["interval"]))
        return f"{mean} ({low} to {high})"
    if isinstance(value, str):
        return value
    scale, form, unit = UNITS.get(how, (1, how or ("," if isinstance(value, int) else ""), ""))
    return f"{scale * value:{form}}{unit}".replace("-", "−")  # a minus, as in prose, not a hyphen


class Record(SphinxRole):
    """Write the value that a name leads to."""

    def run(self):
        how = FORMAT.search(self.text)
        return [nodes.Text(written(look_up(FORMAT.sub("", self.text)), how and how[1]))], []


def setup(app):
    app.add_role("record", Record())
