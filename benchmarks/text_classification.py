"""How well do counted words and fine-tuned models sort snippets by sentiment, and whose is a passage?

    python benchmarks/text_classification.py                       # every row that is missing or stale
    python benchmarks/text_classification.py sentiment MiniLM      # those whose name has all of these words

Writes src/bertgpt/assets/results/text_classification.json. Every model is fine-tuned alike: three passes over all
training texts, batches of 32, the average of the last hidden states under a new head, three seeds. Of genre, where a
class is held out as one work, only who takes which work for what is of interest, and one model is asked once. Learning
rates were set beforehand and tried once; no held-out text chose anything. A run that is stopped goes on from its
checkpoint in the folder of temporary files.

Of a core it takes about 300 seconds a seed for MiniLM, 110 or 120 for each of the tiny pair, 165 for genre.
"""

import sys
import time

from experiments import MODELS, Row, checkpoint_for, record

from bertgpt.evaluation import baselines
from bertgpt.tasks import classification
from bertgpt.tasks.classification import (
    MAX_TOKENS,
    ClassifierTuning,
    label_metrics,
    load_splits,
    majority_baseline,
    run_fine_tuning,
    task_hashes,
    tfidf_baseline,
)

NAME = "text_classification"
EPOCHS, BATCH = 3, 32
SEEDS = {"sentiment": 3, "genre": 1}
RATES = {"MiniLM": 1e-4, "TinyBERT": 3e-4, "TinyGPT": 3e-4}
SECONDS = {"sentiment": {"MiniLM": 300, "TinyBERT": 110, "TinyGPT": 120}, "genre": {"TinyBERT": 165}}
ABOUT = {
    "command": "python benchmarks/text_classification.py", "data": task_hashes(),
    "settings": "one thread; AdamW, warm-up over a tenth of the steps, cosine to a tenth, decay 0.01, bfloat16; "
                "texts are cut to 64 tokens (sentiment) and 96 (genre)"}


def tuning(task: str, encoder: str, seed: int) -> ClassifierTuning:
    """Say how a model is fine-tuned: three passes over what there is, whichever model it is."""
    n = len(load_splits(task)[0].texts)
    return ClassifierTuning(task=task, encoder=encoder, pooling="mean", steps=-(-EPOCHS * n // BATCH),
                            learning_rate=RATES[encoder], batch_size=BATCH, seed=seed)


def counted(task: str, name: str, answer) -> dict:
    return {"task": task, "encoder": name, "method": "counted", **answer(*load_splits(task))}


def fine_tuned(task: str, encoder: str, seed: int) -> dict:
    settings, source = tuning(task, encoder, seed), MODELS[encoder][1]
    checkpoint = checkpoint_for(f"{task} {encoder} {seed}", source)
    began = time.time()

    def report(row):
        if row["step"] % 50 == 0:
            print(encoder, seed, row["step"], round(row["loss"], 3), round(time.time() - began), flush=True)

    row = run_fine_tuning(settings, *load_splits(task), checkpoint=checkpoint, report=report)
    return {"method": "fine-tuned", **row}


def rows() -> list[Row]:
    found = []
    for task in MAX_TOKENS:
        data = tuple(digest for name, digest in task_hashes().items() if name.startswith(task))
        for name, answer in (("majority", majority_baseline), ("TF-IDF", tfidf_baseline)):
            found.append(Row(name=f"{task} {name}", make=lambda task=task, name=name, answer=answer:
                             counted(task, name, answer), data=data, seconds=5,
                             code=(answer, baselines.word_classifier, label_metrics)))
        for encoder, seconds in SECONDS[task].items():
            for seed in range(SEEDS[task]):
                found.append(Row(name=f"{task} {encoder} fine-tuned {seed}", weights=(MODELS[encoder][1],), data=data,
                                 make=lambda task=task, encoder=encoder, seed=seed: fine_tuned(task, encoder, seed),
                                 code=(tuning, classification.fine_tune, run_fine_tuning), seconds=seconds))
    return found


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
