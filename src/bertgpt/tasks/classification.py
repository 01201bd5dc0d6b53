"""Texts sorted into classes: by counted words, by a model as it is, by a model that learns for it.

The chapter and the long experiment call the same functions; each gives one row of results.

n texts, D d_model, C classes.
"""

import random
import time
from dataclasses import asdict, dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from ..hub import MINILM
from ..metrics import wilson
from ..model.heads import ClassificationHead
from ..pretrained import load_bert, load_gpt, load_tokenizer
from ..results import fingerprint
from ..text.data import LabelledBatches
from ..training.finetuning import HeadedModel, frame, label_objective, pooled, predict
from ..training.loop import TrainingSettings, train
from .baselines import word_classifier
from .labelled import TASKS, Labelled, part

# What the experiments put heads on, by the names in their records.
ENCODERS = {"TinyBERT": (load_bert, "tinybert"), "TinyGPT": (load_gpt, "tinygpt"), "MiniLM": (load_bert, MINILM)}

MAX_TOKENS = {"sentiment": 64, "genre": 96}      # of a text, special tokens included


@dataclass(frozen=True)
class Recipe:
    """Say how a model is fine-tuned for a task."""

    task: str                         # one of TASKS
    encoder: str                      # one of ENCODERS
    pooling: str                      # "first", "last" or "mean": what the head reads
    steps: int
    learning_rate: float
    batch_size: int = 32
    seed: int = 0


def split_of(task: str, n_train: int | None = None) -> tuple[Labelled, Labelled]:
    """Give the texts to learn from, all or n drawn once, and the held-out texts.

    >>> [len(part.texts) for part in split_of("sentiment", 600)]
    [600, 2046]
    """
    training, exam = (TASKS[task](split) for split in ("train", "test"))
    drawn = random.Random(0).sample(range(len(training.texts)), n_train or len(training.texts))
    return part(training, drawn), exam


def frame_texts(encoder, tokenizer, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Frame texts the way a model reads them, the end cut off where there is too much: -> ids of each.

    A space goes before each, so that its first word is spelled like any other.
    """
    rows = [frame(encoder, tokenizer, " " + text)[0] for text in texts]
    return [row if len(row) <= max_tokens else [*row[:max_tokens - 1], row[-1]] for row in rows]


def grade(exam: Labelled, answers) -> dict:
    """Compare answers with labels.

    answers: (n,) classes -> accuracy with its 95 % interval, macro F1, the table of counts (rows are what is
    true), and `right`, a string of 0 and 1 a text, so that two methods can be compared text by text
    """
    right = [int(answer == label) for answer, label in zip(answers, exam.labels, strict=True)]
    classes = range(len(exam.names))
    return {"accuracy": sum(right) / len(right), "interval": wilson(sum(right), len(right)),
            "macro_f1": float(f1_score(exam.labels, answers, average="macro", zero_division=0)),
            "counts": confusion_matrix(exam.labels, answers, labels=classes).tolist(),
            "right": "".join(map(str, right))}


def say_the_most_common(training: Labelled, exam: Labelled) -> dict:
    """Answer with the most common class of the training texts, whatever the text: -> grade."""
    common = max(range(len(training.names)), key=training.labels.count)
    return grade(exam, [common] * len(exam.texts))


def count_words(training: Labelled, exam: Labelled) -> dict:
    """Answer by words and pairs of words, weighed by TF-IDF, under a logistic regression: -> grade."""
    return grade(exam, word_classifier().fit(training.texts, training.labels).predict(exam.texts))


def frozen_features(encoder, tokenizer, texts: list[str], max_tokens: int, *poolings: str) -> dict[str, Tensor]:
    """Give each text one vector a pooling, by a model that does not learn: -> pooling -> (n, D)."""
    return pooled(encoder.eval(), frame_texts(encoder, tokenizer, texts, max_tokens), *poolings)


def fit_layer(vectors: Tensor, labels: list[int]) -> nn.Linear:
    """Fit one linear layer on vectors that stay as they are: (n, D) -> a layer D -> C.

    A logistic regression on numbers brought to one scale; the scaling is then folded into its weights.
    """
    scale = StandardScaler().fit(vectors)
    fitted = LogisticRegression(C=0.05, max_iter=1000).fit(scale.transform(vectors), labels)
    weight, bias = fitted.coef_ / scale.scale_, fitted.intercept_                          # (C, D), or (1, D) of two
    bias = bias - weight @ scale.mean_
    if len(weight) == 1:                         # of two classes it keeps one row: the second against the first
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    layer = nn.Linear(weight.shape[1], len(weight))
    layer.weight.data, layer.bias.data = torch.tensor(weight).float(), torch.tensor(bias).float()
    return layer.requires_grad_(False)


def read_frozen(encoder, tokenizer, training: Labelled, exam: Labelled, max_tokens: int, *poolings: str) -> dict:
    """Answer from the hidden states of a model that does not learn, under one linear layer that does.

    -> pooling -> grade
    """
    known, asked = (frozen_features(encoder, tokenizer, side.texts, max_tokens, *poolings)
                    for side in (training, exam))                                          # pooling -> (n, D)
    return {pooling: grade(exam, fit_layer(known[pooling], training.labels)(asked[pooling]).argmax(dim=-1).tolist())
            for pooling in poolings}


def fine_tune(recipe: Recipe, training: Labelled, checkpoint=None, report=None):
    """Train encoder and head together: -> HeadedModel, tokenizer, history of training.train.

    Devlin et al. 2019, section 4.1 and Radford et al. 2018, section 3.2: every weight learns, the head from nothing.
    """
    load, source = ENCODERS[recipe.encoder]
    encoder, tokenizer = load(source), load_tokenizer(source)
    settings = TrainingSettings(steps=recipe.steps, learning_rate=recipe.learning_rate, warmup=recipe.steps // 10,
                                weight_decay=0.01, save_every=50, seed=recipe.seed, bfloat16=True)
    torch.manual_seed(recipe.seed)
    model = HeadedModel(encoder, ClassificationHead(encoder.config, len(training.names), recipe.pooling))
    rows = frame_texts(encoder, tokenizer, training.texts, MAX_TOKENS[recipe.task])
    batches = LabelledBatches(rows, training.labels, recipe.batch_size, encoder.config.pad_id, recipe.seed)
    history = train(model, label_objective, batches, settings, checkpoint=checkpoint, report=report)
    return model, tokenizer, history


def run_fine_tuning(recipe: Recipe, training: Labelled, exam: Labelled, checkpoint=None, report=None) -> dict:
    """Fine-tune and answer: -> a row of JSON values; `load_results("text_classification")` has more of them."""
    began = time.process_time()
    model, tokenizer, history = fine_tune(recipe, training, checkpoint, report)
    rows = frame_texts(model.encoder, tokenizer, exam.texts, MAX_TOKENS[recipe.task])
    answers = [int(logits.argmax()) for logits in predict(model, rows)]
    return {**asdict(recipe), **grade(exam, answers), "n_train": len(training.texts),
            "loss": sum(row["loss"] for row in history[-20:]) / len(history[-20:]),
            "seconds": history[-1]["seconds"], "cpu_seconds": round(time.process_time() - began, 1)}


def data_hashes() -> dict[str, str]:
    """Give the fingerprint of each task's texts and labels, to tell whether recorded rows are still about them."""
    return {f"{task}, {split}": fingerprint(*data.texts, *map(str, data.labels))
            for task, give in TASKS.items() for split in ("train", "test") for data in [give(split)]}
