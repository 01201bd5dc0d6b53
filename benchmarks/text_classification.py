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
from experiments import save_results

from bertgpt.pretrained import load_tokenizer
from bertgpt.results import RESULTS, load_results
from bertgpt.tasks.classification import (
    ENCODERS,
    MAX_TOKENS,
    ClassifierTuning,
    fit_layer,
    frozen_features,
    label_metrics,
    load_splits,
    majority_baseline,
    run_fine_tuning,
    task_hashes,
    tfidf_baseline,
)
from bertgpt.tasks.labelled import Labelled

NAME = "text_classification"
ABOUT = {
    "command": "python benchmarks/text_classification.py",
    "settings": "one thread; AdamW, warm-up over a tenth of the steps, cosine to a tenth, decay 0.01, bfloat16; "
                "texts are cut to 64 tokens (sentiment) and 96 (genre)"}
TUNINGS = [
    ClassifierTuning(task="sentiment", encoder="MiniLM", pooling="mean", steps=300, learning_rate=1e-4),
    *[ClassifierTuning(task="sentiment", encoder=encoder, pooling=pooling, steps=240, learning_rate=3e-4, seed=seed)
      for seed in (0, 1) for encoder, pooling in (("TinyBERT", "first"), ("TinyGPT", "last"))],
    *[ClassifierTuning(task="genre", encoder=encoder, pooling=pooling, steps=200, learning_rate=3e-4, batch_size=16)
      for encoder, pooling in (("TinyBERT", "first"), ("TinyGPT", "last"))],
    ClassifierTuning(task="genre", encoder="MiniLM", pooling="mean", steps=120, learning_rate=1e-4, batch_size=16),
]
POOLED = {"TinyBERT": ("first", "last", "mean"), "TinyGPT": ("first", "last", "mean"), "MiniLM": ("mean",)}


def read_frozen(encoder, tokenizer, training: Labelled, test: Labelled, max_tokens: int, *poolings: str) -> dict:
    """Answer from the hidden states of a model that does not learn, under one linear layer that does.

    -> pooling -> label_metrics
    """
    known, asked = (frozen_features(encoder, tokenizer, side.texts, max_tokens, *poolings)
                    for side in (training, test))                                          # pooling -> (n, D)
    graded = {}
    for pooling in poolings:
        logits = fit_layer(known[pooling], training.labels)(asked[pooling])                # (n, C)
        graded[pooling] = label_metrics(test, logits.argmax(dim=-1).tolist())
    return graded


def jobs() -> dict:
    """Name what there is to do: -> name -> function that makes rows."""
    found = {}
    for task in MAX_TOKENS:
        for name, answer in (("majority", majority_baseline), ("TF-IDF", tfidf_baseline)):
            found[f"{task} {name}"] = partial(counted, task, name, answer)
        for encoder in POOLED:
            found[f"{task} {encoder} frozen"] = partial(frozen, task, encoder)
    for tuning in TUNINGS:
        name = f"{tuning.task} {tuning.encoder} fine-tuned {tuning.seed}"
        found[name] = partial(fine_tuned, tuning, name)
    return found


def counted(task: str, name: str, answer) -> list[dict]:
    row = answer(*load_splits(task))
    return [{"name": f"{task} {name}", "task": task, "encoder": name, "method": "counted", **row}]


def frozen(task: str, encoder: str) -> list[dict]:
    load, source = ENCODERS[encoder]
    began = time.process_time()
    with torch.autocast("cpu", torch.bfloat16):
        graded = read_frozen(load(source), load_tokenizer(source), *load_splits(task), MAX_TOKENS[task],
                             *POOLED[encoder])
    seconds = round(time.process_time() - began, 1)
    return [{"name": f"{task} {encoder} frozen {pooling}", "task": task, "encoder": encoder, "pooling": pooling,
             "method": "frozen", **row, "cpu_seconds": seconds} for pooling, row in graded.items()]


def fine_tuned(tuning: ClassifierTuning, name: str) -> list[dict]:
    checkpoint = Path(tempfile.gettempdir()) / f"{name.replace(' ', '_')}.safetensors"

    def report(row):
        if row["step"] % 25 == 0:
            print(name, row["step"], round(row["loss"], 3), row["seconds"], flush=True)

    row = run_fine_tuning(tuning, *load_splits(tuning.task), checkpoint=checkpoint, report=report)
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
        save_results(NAME, {**ABOUT, "data": task_hashes()}, [rows[row] for row in sorted(rows)])
        for row in made:
            print(row["name"], round(row["accuracy"], 3), row["interval"], flush=True)


if __name__ == "__main__":
    main()
