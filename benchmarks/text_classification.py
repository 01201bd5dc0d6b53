"""How well do counted words, frozen models and fine-tuned models sort snippets by sentiment and passages by genre?

    python benchmarks/text_classification.py              # all rows that results/text_classification.json lacks
    python benchmarks/text_classification.py sentiment MiniLM      # those whose name has all of these words

Learning rates and steps were set beforehand and tried once; no held-out text chose anything. A run that is stopped
goes on from its checkpoint in the folder of temporary files.
"""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import torch

from bertgpt.pretrained import load_tokenizer
from bertgpt.results import RESULTS, load_results, save_results
from bertgpt.tasks.classification import (
    ENCODERS,
    MAX_TOKENS,
    Recipe,
    count_words,
    data_hashes,
    read_frozen,
    run_fine_tuning,
    say_the_most_common,
    split_of,
)

NAME = "text_classification"
ABOUT = {
    "command": "python benchmarks/text_classification.py",
    "settings": "one thread; AdamW, warm-up over a tenth of the steps, cosine to a tenth, decay 0.01, bfloat16; "
                "texts are cut to 64 tokens (sentiment) and 96 (genre)"}
RECIPES = [
    Recipe("sentiment", "MiniLM", "mean", steps=300, learning_rate=1e-4),
    *[Recipe("sentiment", encoder, pooling, steps=240, learning_rate=3e-4, seed=seed)
      for seed in (0, 1) for encoder, pooling in (("TinyBERT", "first"), ("TinyGPT", "last"))],
    *[Recipe("genre", encoder, pooling, steps=200, learning_rate=3e-4, batch_size=16)
      for encoder, pooling in (("TinyBERT", "first"), ("TinyGPT", "last"))],
    Recipe("genre", "MiniLM", "mean", steps=120, learning_rate=1e-4, batch_size=16),
]
POOLED = {"TinyBERT": ("first", "last", "mean"), "TinyGPT": ("first", "last", "mean"), "MiniLM": ("mean",)}


def jobs() -> dict:
    """Name what there is to do: -> name -> function that makes rows."""
    found = {}
    for task in MAX_TOKENS:
        for name, answer in (("majority", say_the_most_common), ("TF-IDF", count_words)):
            found[f"{task} {name}"] = partial(counted, task, name, answer)
        for encoder in POOLED:
            found[f"{task} {encoder} frozen"] = partial(frozen, task, encoder)
    for recipe in RECIPES:
        name = f"{recipe.task} {recipe.encoder} fine-tuned {recipe.seed}"
        found[name] = partial(fine_tuned, recipe, name)
    return found


def counted(task: str, name: str, answer) -> list[dict]:
    return [{"name": f"{task} {name}", "task": task, "encoder": name, "method": "counted", **answer(*split_of(task))}]


def frozen(task: str, encoder: str) -> list[dict]:
    load, source = ENCODERS[encoder]
    began = time.process_time()
    with torch.autocast("cpu", torch.bfloat16):
        graded = read_frozen(load(source), load_tokenizer(source), *split_of(task), MAX_TOKENS[task], *POOLED[encoder])
    seconds = round(time.process_time() - began, 1)
    return [{"name": f"{task} {encoder} frozen {pooling}", "task": task, "encoder": encoder, "pooling": pooling,
             "method": "frozen", **row, "cpu_seconds": seconds} for pooling, row in graded.items()]


def fine_tuned(recipe: Recipe, name: str) -> list[dict]:
    checkpoint = Path(tempfile.gettempdir()) / f"{name.replace(' ', '_')}.safetensors"

    def report(row):
        if row["step"] % 25 == 0:
            print(name, row["step"], round(row["loss"], 3), row["seconds"], flush=True)

    row = run_fine_tuning(recipe, *split_of(recipe.task), checkpoint=checkpoint, report=report)
    return [{"name": name, "method": "fine-tuned", **row}]


def recorded() -> dict:
    known = load_results(NAME)["rows"] if (RESULTS / f"{NAME}.json").exists() else []
    return {row["name"]: row for row in known}


def main() -> None:
    torch.set_num_threads(1)
    for name, job in jobs().items():
        if not all(word in name.split() for word in sys.argv[1:]) or any(row.startswith(name) for row in recorded()):
            continue
        made = job()
        rows = recorded() | {row["name"]: row for row in made}     # read again: another process may have added to it
        save_results(NAME, {**ABOUT, "data": data_hashes()}, [rows[row] for row in sorted(rows)])
        for row in made:
            print(row["name"], round(row["accuracy"], 3), row["interval"], flush=True)


if __name__ == "__main__":
    main()
