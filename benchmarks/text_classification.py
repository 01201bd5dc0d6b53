"""How well do word counts and fine-tuned models classify snippets by sentiment, and passages by genre?

    python benchmarks/text_classification.py                       # every row that is missing or stale
    python benchmarks/text_classification.py sentiment MiniLM      # those whose name has all of these words

Writes src/bertgpt/assets/results/text_classification.json. Every model is fine-tuned in the same
way: three passes over all training texts, batches of 32, the average of the last hidden states
under a new head, three seeds. In the genre task a test class is one single work, so all that is of
interest is which work is taken for which, and one model is fine-tuned once. Learning rates were set
beforehand and tried once; no held-out text chose anything. A run that is stopped resumes from its
checkpoint in the folder of temporary files.

It takes about 300 seconds of one core per seed for MiniLM, 110 or 120 for each of the tiny pair,
165 for genre.
"""

import sys
import time
from dataclasses import asdict

from experiments import MODELS, Row, checkpoint_for, fingerprint, record
from sklearn.metrics import confusion_matrix, f1_score

from bertgpt.evaluation.baselines import word_classifier
from bertgpt.evaluation.metrics import wilson
from bertgpt.tasks.classification import (
    MAX_TOKENS,
    ClassifierTuning,
    fine_tune,
    frame_texts,
    load_splits,
)
from bertgpt.tasks.labelled import TASKS, Labelled
from bertgpt.training.finetuning import predict

NAME = "text_classification"
EPOCHS, BATCH = 3, 32
SEEDS = {"sentiment": 3, "genre": 1}
RATES = {"MiniLM": 1e-4, "TinyBERT": 3e-4, "TinyGPT": 3e-4}
SECONDS = {"sentiment": {"MiniLM": 300, "TinyBERT": 110, "TinyGPT": 120},
           "genre": {"TinyBERT": 165}}


def task_hashes() -> dict[str, str]:
    """Fingerprint the texts and labels of each task and split."""
    return {f"{task}, {split}": fingerprint(*data.texts, *map(str, data.labels))
            for task, give in TASKS.items() for split in ("train", "test") for data in [give(split)]}


ABOUT = {
    "command": "python benchmarks/text_classification.py", "data": task_hashes(),
    "settings": "one thread; AdamW, warm-up over a tenth of the steps, cosine to a tenth, decay 0.01, bfloat16; "
                "texts are cut to 64 tokens (sentiment) and 96 (genre)"}


def label_metrics(test: Labelled, answers) -> dict:
    """Compare predicted classes with labels.

    answers: (n,) classes -> accuracy with its 95 % interval, macro F1, confusion counts (rows are
    true classes), and `right`, a string of 0 and 1 per text, to compare two methods text by text
    """
    right = [int(answer == label) for answer, label in zip(answers, test.labels, strict=True)]
    counts = confusion_matrix(test.labels, answers, labels=range(len(test.names)))
    return {"accuracy": sum(right) / len(right), "interval": wilson(sum(right), len(right)),
            "macro_f1": float(f1_score(test.labels, answers, average="macro", zero_division=0)),
            "counts": counts.tolist(), "right": "".join(map(str, right))}


def majority_baseline(training: Labelled, test: Labelled) -> dict:
    """Predict the most common class of the training texts for every text: -> label_metrics."""
    common = max(range(len(training.names)), key=training.labels.count)
    return label_metrics(test, [common] * len(test.texts))


def tfidf_baseline(training: Labelled, test: Labelled) -> dict:
    """Predict by TF-IDF of words and word pairs under a logistic regression: -> label_metrics."""
    classifier = word_classifier().fit(training.texts, training.labels)
    return label_metrics(test, classifier.predict(test.texts))


def tuning(task: str, encoder: str, seed: int) -> ClassifierTuning:
    """Set how a model is fine-tuned: three passes over the training texts, whichever model it is."""
    n = len(load_splits(task)[0].texts)
    return ClassifierTuning(
        task=task, encoder=encoder, pooling="mean", steps=-(-EPOCHS * n // BATCH),
        learning_rate=RATES[encoder], batch_size=BATCH, seed=seed)


def counted(task: str, name: str, answer) -> dict:
    return {"task": task, "encoder": name, "method": "counted", **answer(*load_splits(task))}


def run_fine_tuning(tuning: ClassifierTuning, training: Labelled, test: Labelled, checkpoint=None,
                    report=None) -> dict:
    """Fine-tune and test: -> a row of JSON values."""
    began = time.process_time()
    model, tokenizer, history = fine_tune(tuning, training, checkpoint, report)
    rows = frame_texts(model.encoder, tokenizer, test.texts, MAX_TOKENS[tuning.task])
    answers = [int(logits.argmax()) for logits in predict(model, rows)]
    return {**asdict(tuning), **label_metrics(test, answers), "n_train": len(training.texts),
            "loss": sum(row["loss"] for row in history[-20:]) / len(history[-20:]),
            "seconds": history[-1]["seconds"],
            "cpu_seconds": round(time.process_time() - began, 1)}


def fine_tuned(task: str, encoder: str, seed: int) -> dict:
    settings, source = tuning(task, encoder, seed), MODELS[encoder][1]
    checkpoint = checkpoint_for(f"{task} {encoder} {seed}", source)

    def report(row):
        if row["step"] % 50 == 0:
            print(encoder, seed, row["step"], round(row["loss"], 3), flush=True)

    row = run_fine_tuning(settings, *load_splits(task), checkpoint=checkpoint, report=report)
    return {"method": "fine-tuned", **row}


def rows() -> list[Row]:
    found = []
    for task in MAX_TOKENS:
        data = tuple(digest for name, digest in ABOUT["data"].items() if name.startswith(task))
        for name, answer in (("majority", majority_baseline), ("TF-IDF", tfidf_baseline)):
            found.append(Row(
                name=f"{task} {name}", data=data, seconds=5,
                make=lambda task=task, name=name, answer=answer: counted(task, name, answer)))
        for encoder, seconds in SECONDS[task].items():
            for seed in range(SEEDS[task]):
                found.append(Row(
                    name=f"{task} {encoder} fine-tuned {seed}", weights=(MODELS[encoder][1],),
                    data=data, seconds=seconds,
                    make=lambda task=task, encoder=encoder, seed=seed:
                    fine_tuned(task, encoder, seed)))
    return found


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
