"""How well do word counts and fine-tuned models classify snippets of film reviews by sentiment?

Every model is fine-tuned in the same way: three passes over all training texts, batches of 32, the
average of the last hidden states under a new head, from three seeds; the tiny pair in float32.
Learning rates were set beforehand and tried once; no held-out text chose anything. A run that is
stopped resumes from its checkpoint in the folder of temporary files.

The rows *from random weights* ask what of this is due to pre-training: the same models, labels, rate,
passes, seeds and precision, but weights that were never trained. Said before they were run: a tuned model
that has never been trained, level with the trained one, would make labels the whole explanation; one
level with a coin, none of it. If the loss on the training texts stays near ln 2, nothing was learned at
this rate, and the row says nothing about pre-training.
"""

from collections.abc import Iterator
from dataclasses import asdict
from functools import partial

from encoders import ENCODERS, MAX_TOKENS, UNTRAINED, FineTuning, fine_tune
from experiments import BFLOAT16, Row, fingerprint, main
from rankers import checkpoint_for

from bertgpt.evaluation.metrics import wilson
from bertgpt.training.finetuning import predict
from bertgpt_book.tasks.classification import by_words, frame_texts, load_splits
from bertgpt_book.tasks.labelled import Labelled, movie_snippets

NAME = "text_classification"
EPOCHS, BATCH = 3, 32
MODELS = {"MiniLM": (1e-4, 300), "TinyBERT": (3e-4, 220), "TinyGPT": (3e-4, 220)}  # rate, seconds
SEEDS = 3


def task_hashes() -> dict[str, str]:
    """Fingerprint the texts and labels of each split."""
    splits = {split: movie_snippets(split) for split in ("train", "test")}
    return {f"sentiment, {name}": fingerprint(*split.texts, *map(str, split.labels)) for name, split in splits.items()}


ABOUT = {
    "data": task_hashes(),
    "settings": "one thread; AdamW, warm-up over a tenth of the steps, cosine to a tenth, decay 0.01; the tiny pair in "
    "float32, MiniLM in bfloat16 where the processor has it; texts are cut to 64 tokens",
}


def label_metrics(test: Labelled, answers) -> dict:
    """Compare predicted classes with labels: -> accuracy with its 95 % interval, and a "1" or "0" per text."""
    right = [int(answer == label) for answer, label in zip(answers, test.labels, strict=True)]
    return {
        "accuracy": sum(right) / len(right),
        "interval": wilson(sum(right), len(right)),
        "right": "".join(map(str, right)),
    }


def counted() -> dict:
    """Predict by TF-IDF under a logistic regression, fitted on all training texts."""
    training, test = load_splits()
    answers = by_words(training, test)(range(len(training.texts)))
    return {"task": "sentiment", "encoder": "TF-IDF", "method": "counted", **label_metrics(test, answers)}


def fine_tuned(encoder: str, seed: int, pretrained: bool = True, steps: int = 0) -> dict:
    """Fine-tune and test; steps: fewer than three passes over the training texts."""
    training, test = load_splits()
    tuning = FineTuning(
        encoder=encoder,
        steps=steps or -(-EPOCHS * len(training.texts) // BATCH),
        learning_rate=MODELS[encoder][0],
        batch_size=BATCH,
        seed=seed,
        pretrained=pretrained,
        bfloat16=BFLOAT16 and encoder not in UNTRAINED,
    )
    run = f"sentiment {encoder} float32 {seed}" if pretrained else f"sentiment {encoder} random {seed}"
    checkpoint = None if steps else checkpoint_for(run, ENCODERS[encoder][1])
    model, tokenizer, history = fine_tune(tuning, training, checkpoint)
    rows = frame_texts(model.encoder, tokenizer, test.texts, MAX_TOKENS)
    answers = [int(logits.argmax()) for logits in predict(model, rows)]
    return {
        "method": "fine-tuned",
        "task": "sentiment",
        **asdict(tuning),
        **label_metrics(test, answers),
        "loss": sum(row["loss"] for row in history[-20:]) / len(history[-20:]),
        "seconds": history[-1]["seconds"],
    }


def rows() -> Iterator[Row]:
    data = tuple(ABOUT["data"].values())
    yield Row("sentiment TF-IDF", counted, data, seconds=5)
    for pretrained, models in ((True, MODELS), (False, UNTRAINED)):
        for encoder in models:
            for seed in range(SEEDS):
                make = partial(fine_tuned, encoder, seed, pretrained)
                start = "" if pretrained else "from random weights, "
                name = f"sentiment {encoder} {start}fine-tuned {seed}"
                yield Row(name, make, data, (ENCODERS[encoder][1],), MODELS[encoder][1])


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
