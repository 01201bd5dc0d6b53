"""How well do word counts and fine-tuned models classify snippets of film reviews by sentiment?

    python benchmarks/text_classification.py                       # every row that is missing or stale
    python benchmarks/text_classification.py MiniLM                # those whose name has all of these words

Writes src/bertgpt_book/results/text_classification.json. Every model is fine-tuned in the same
way: three passes over all training texts, batches of 32, the average of the last hidden states
under a new head; MiniLM from three seeds, the tiny pair from one. Learning rates were set
beforehand and tried once; no held-out text chose anything. A run that is stopped resumes from its
checkpoint in the folder of temporary files.

It takes about 300 seconds of one core per seed for MiniLM, 105 for TinyBERT, 145 for TinyGPT.
"""

import sys
import time
from dataclasses import asdict

from experiments import MODELS, Row, checkpoint_for, fingerprint, record
from sklearn.metrics import confusion_matrix, f1_score

from bertgpt.evaluation.baselines import word_classifier
from bertgpt.evaluation.metrics import wilson
from bertgpt.training.finetuning import predict
from bertgpt_book.tasks.classification import MAX_TOKENS, ClassifierTuning, fine_tune, frame_texts, load_splits
from bertgpt_book.tasks.labelled import TASKS, Labelled

NAME = "text_classification"
EPOCHS, BATCH = 3, 32
SEEDS = {"MiniLM": 3, "TinyBERT": 1, "TinyGPT": 1}
RATES = {"MiniLM": 1e-4, "TinyBERT": 3e-4, "TinyGPT": 3e-4}
SECONDS = {"MiniLM": 300, "TinyBERT": 105, "TinyGPT": 145}


def task_hashes() -> dict[str, str]:
    """Fingerprint the texts and labels of each split."""
    return {
        f"sentiment, {split}": fingerprint(*data.texts, *map(str, data.labels))
        for split in ("train", "test")
        for data in [TASKS["sentiment"](split)]
    }


ABOUT = {
    "command": "python benchmarks/text_classification.py",
    "data": task_hashes(),
    "settings": "one thread; AdamW, warm-up over a tenth of the steps, cosine to a tenth, decay 0.01, bfloat16 "
    "where the processor has it; texts are cut to 64 tokens",
}


def label_metrics(test: Labelled, answers) -> dict:
    """Compare predicted classes with labels.

    answers: (n,) classes -> accuracy with its 95 % interval, macro F1, confusion counts (rows are
    true classes), and `right`, a string of 0 and 1 per text, to compare two methods text by text
    """
    right = [int(answer == label) for answer, label in zip(answers, test.labels, strict=True)]
    counts = confusion_matrix(test.labels, answers, labels=range(len(test.names)))
    return {
        "accuracy": sum(right) / len(right),
        "interval": wilson(sum(right), len(right)),
        "macro_f1": float(f1_score(test.labels, answers, average="macro", zero_division=0)),
        "counts": counts.tolist(),
        "right": "".join(map(str, right)),
    }


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
        task=task,
        encoder=encoder,
        pooling="mean",
        steps=-(-EPOCHS * n // BATCH),
        learning_rate=RATES[encoder],
        batch_size=BATCH,
        seed=seed,
    )


def counted(task: str, name: str, answer) -> dict:
    return {"task": task, "encoder": name, "method": "counted", **answer(*load_splits(task))}


def run_fine_tuning(tuning: ClassifierTuning, training: Labelled, test: Labelled, checkpoint=None, report=None) -> dict:
    """Fine-tune and test: -> a row of JSON values."""
    began = time.process_time()
    model, tokenizer, history = fine_tune(tuning, training, checkpoint, report)
    rows = frame_texts(model.encoder, tokenizer, test.texts, MAX_TOKENS[tuning.task])
    answers = [int(logits.argmax()) for logits in predict(model, rows)]
    return {
        **asdict(tuning),
        **label_metrics(test, answers),
        "n_train": len(training.texts),
        "loss": sum(row["loss"] for row in history[-20:]) / len(history[-20:]),
        "seconds": history[-1]["seconds"],
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def fine_tuned(task: str, encoder: str, seed: int) -> dict:
    settings, source = tuning(task, encoder, seed), MODELS[encoder][1]
    checkpoint = checkpoint_for(f"{task} {encoder} {seed}", source)

    def report(row):
        if row["step"] % 50 == 0:
            print(encoder, seed, row["step"], round(row["loss"], 3), flush=True)

    row = run_fine_tuning(settings, *load_splits(task), checkpoint=checkpoint, report=report)
    return {"method": "fine-tuned", **row}


def rows() -> list[Row]:
    data = tuple(ABOUT["data"].values())
    return [
        Row(
            name=f"sentiment {name}",
            data=data,
            seconds=5,
            make=lambda name=name, answer=answer: counted("sentiment", name, answer),
        )
        for name, answer in (("majority", majority_baseline), ("TF-IDF", tfidf_baseline))
    ] + [
        Row(
            name=f"sentiment {encoder} fine-tuned {seed}",
            weights=(MODELS[encoder][1],),
            data=data,
            seconds=SECONDS[encoder],
            make=lambda encoder=encoder, seed=seed: fine_tuned("sentiment", encoder, seed),
        )
        for encoder, n in SEEDS.items()
        for seed in range(n)
    ]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
