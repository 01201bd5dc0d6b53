"""Ship finished trainings: copy their weights, record what they took, and say on the cards how they were made.

    python benchmarks/ship.py runs/bert runs/gpt runs/both

Each folder was written by `python benchmarks/shipped_recipe.py`. Writes configuration, weights and tokenizer into the
model's folder of src/bertgpt/assets, its row of results/shipped_training.json, and a part of its card, between two
marks. A model whose run is not given stays as it is. What ships then is measured by `python benchmarks/cards.py` and
`python benchmarks/samples.py`.
"""

import argparse
import hashlib
import json
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

from experiments import fingerprint, load_record, save_results

from bertgpt.assets import SHIPPED
from bertgpt.cli.main import parser as command_line
from bertgpt.cli.run import read_record
from bertgpt.cli.train import MAY_DIFFER_ON_RESUME
from bertgpt.text.corpora import CORPORA
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt_book.records import recorded

UNCHANGED = (*MAY_DIFFER_ON_RESUME, "model", "minutes")  # left out of the card's command


def row_of(run: Path) -> dict:
    """Read the folder of a run: -> its row of the record."""
    record = read_record(run)
    given = record["arguments"]
    if record["tokenizer"] == course_tokenizer().sha256():
        given["tokenizer"] = "bpe"  # from whichever file it was loaded
    last = json.loads((run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return {
        "model": given["model"].upper(),
        "arguments": given,
        "seconds": last["seconds"],
        "tokens": record["steps"] * given["batch_size"] * given["context"],
    }


def command_of(arguments: dict, out: str) -> str:
    """Write the command of a run: what differs from the defaults, in their order."""
    usual = vars(command_line().parse_args(["train", "gpt", "--text", "austen", "--out", "x", "--steps", "1"]))
    words = ["python", "benchmarks/shipped_recipe.py", arguments["model"]]
    for name, value in arguments.items():
        if name in UNCHANGED or value == usual.get(name) and name not in ("text", "steps"):
            continue
        given = [] if value is True else value if isinstance(value, list) else [value]
        words += ["--" + name.replace("_", "-")]
        words += [f"{each:g}" if isinstance(each, float) else str(each) for each in given]
    return wrapped(words + ["--out", out])


def wrapped(words: list[str], width: int = 96) -> str:
    """Break a command into lines for a shell, each flag with its value."""
    lines, parts = [""], " ".join(map(shlex.quote, words)).replace(" --", "\n--").split("\n")
    for part in parts:
        lines = [*lines[:-1], f"{lines[-1]} {part}".strip()] if len(lines[-1]) + len(part) < width else [*lines, part]
    return " \\\n        ".join(lines)


def made(row: dict, weights: Path) -> str:
    """Say on a card how a model was made: its command, what it took, and the hash of its weights."""
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    return "\n\n".join(
        [
            f"    {command_of(row['arguments'], 'DIR')}",
            f"It saw {row['tokens'] / 1e6:.1f} million tokens, in {row['seconds']:,.0f} seconds on one thread "
            "of a busy two-core machine.",
            f"sha256 of model.safetensors: {digest}",
        ]
    )


def filled(card: str, mark: str, block: str) -> str:
    """Put a block between two marks of a card, <!-- mark --> and <!-- end of mark -->."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->\n"
    before, _, rest = card.partition(begin)
    _, mark_found, after = rest.partition(end)
    if not mark_found:
        raise ValueError(f"a card needs the marks {begin.strip()} and {end.strip()}")
    return f"{before}{begin}\n{block}\n\n{end}{after}"


def write_card(name: str, mark: str, block: str) -> None:
    """Fill one part of the card of a shipped model."""
    path = SHIPPED[name] / "README.md"
    path.write_text(filled(path.read_text(encoding="utf-8"), mark, block), encoding="utf-8")


def write_cards(results: str, mark: str, block: Callable[[dict], str]) -> None:
    """Fill one part of the card of each model that has a row in a record."""
    for name, row in recorded(results).items():
        write_card(name, mark, block(row))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("runs", nargs="+", type=Path, help="folders that train has written")
    runs = arguments.parse_args().runs
    rows = {row["model"]: row for row in load_record("shipped_training")["rows"]}
    for run in runs:
        row = row_of(run)
        rows[row["model"]] = row
        name = f"little{row['model'].lower()}"
        for file in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
            shutil.copyfile(run / file, SHIPPED[name] / file)
        write_card(name, "made", made(row, SHIPPED[name] / "model.safetensors"))
    data = {name: fingerprint(*read("train").values()) for name, read in CORPORA.items()}
    about = {"command": "python benchmarks/ship.py RUN", "data": data}
    save_results("shipped_training", about, [*rows.values()])


if __name__ == "__main__":
    main()
