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

from ..book.records import fingerprint
from ..evaluation.baselines import word_classifier
from ..evaluation.metrics import wilson
from ..model.heads import ClassificationHead
from ..text.data import LabelledBatches
from ..training.finetuning import HeadedModel, build_inputs, label_objective, pooled, predict
from ..training.loop import TrainingSettings, train
from ..weights.hub import MINILM
from ..weights.pretrained import load_bert, load_gpt, load_tokenizer
from .labelled import TASKS, Labelled, subset

# What the experiments put heads on, by the names in their records.
ENCODERS = {"TinyBERT": (load_bert, "tinybert"), "TinyGPT": (load_gpt, "tinygpt"), "MiniLM": (load_bert, MINILM)}

MAX_TOKENS = {"sentiment": 64, "genre": 96}      # of a text, special tokens included


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """Say how a model is fine-tuned; each task adds what is its own."""

    encoder: str                      # one of ENCODERS
    steps: int
    learning_rate: float
    batch_size: int = 32
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class ClassifierTuning(FineTuning):
    """Say how a classifier of texts is fine-tuned."""

    task: str                         # one of TASKS
    pooling: str                      # "first", "last" or "mean": what the head reads


def load_splits(task: str, n_train: int | None = None) -> tuple[Labelled, Labelled]:
    """Give the texts to learn from, all or n drawn once, and the held-out texts.

    >>> [len(part.texts) for part in load_splits("sentiment", 600)]
    [600, 2046]
    """
    training, test = (TASKS[task](split) for split in ("train", "test"))
    drawn = random.Random(0).sample(range(len(training.texts)), n_train or len(training.texts))
    return subset(training, drawn), test


def frame_texts(encoder, tokenizer, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Write texts the way a model reads them, the end cut off where there is too much: -> ids of each."""
    return [build_inputs(encoder, tokenizer, text, max_tokens=max_tokens)[0] for text in texts]


def label_metrics(test: Labelled, answers) -> dict:
    """Compare answers with labels.

    answers: (n,) classes -> accuracy with its 95 % interval, macro F1, the table of counts (rows are what is
    true), and `right`, a string of 0 and 1 a text, so that two methods can be compared text by text
    """
    right = [int(answer == label) for answer, label in zip(answers, test.labels, strict=True)]
    classes = range(len(test.names))
    return {"accuracy": sum(right) / len(right), "interval": wilson(sum(right), len(right)),
            "macro_f1": float(f1_score(test.labels, answers, average="macro", zero_division=0)),
            "counts": confusion_matrix(test.labels, answers, labels=classes).tolist(),
            "right": "".join(map(str, right))}


def majority_baseline(training: Labelled, test: Labelled) -> dict:
    """Answer with the most common class of the training texts, whatever the text: -> label_metrics."""
    common = max(range(len(training.names)), key=training.labels.count)
    return label_metrics(test, [common] * len(test.texts))


def tfidf_baseline(training: Labelled, test: Labelled) -> dict:
    """Answer by words and pairs of words, weighed by TF-IDF, under a logistic regression: -> label_metrics."""
    return label_metrics(test, word_classifier().fit(training.texts, training.labels).predict(test.texts))


def frozen_features(encoder, tokenizer, texts: list[str], max_tokens: int, *poolings: str) -> dict[str, Tensor]:
    """Give each text one vector a pooling, by a model that does not learn: -> pooling -> (n, D)."""
    return pooled(encoder, frame_texts(encoder, tokenizer, texts, max_tokens), *poolings)


def fit_layer(vectors: Tensor, labels: list[int]) -> nn.Linear:
    """Fit one linear layer on vectors that stay as they are: (n, D) -> a layer D -> C.

    labels: n classes, 0 to C - 1, each at least once; raises ValueError where one is missing
    A logistic regression on numbers brought to one scale; the scaling is then folded into its weights.
    """
    vectors = vectors.cpu()
    scale = StandardScaler().fit(vectors)
    fitted = LogisticRegression(C=0.05, max_iter=1000).fit(scale.transform(vectors), labels)
    if (found := fitted.classes_.tolist()) != list(range(len(found))):
        raise ValueError(f"labels must be 0 to C - 1, each at least once, and these are {found}: draw more texts")
    weight, bias = fitted.coef_ / scale.scale_, fitted.intercept_                          # (C, D), or (1, D) of two
    bias = bias - weight @ scale.mean_
    if len(weight) == 1:                         # of two classes it keeps one row: the second against the first
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    layer = nn.Linear(weight.shape[1], len(weight))
    layer.weight.data, layer.bias.data = torch.tensor(weight).float(), torch.tensor(bias).float()
    return layer.requires_grad_(False)


def fine_tune(tuning: ClassifierTuning, training: Labelled, checkpoint=None, report=None):
    """Train encoder and head together: -> HeadedModel, tokenizer, history of training.train.

    Devlin et al. 2019, section 4.1 and Radford et al. 2018, section 3.2: every weight learns, the head from nothing.
    """
    load, source = ENCODERS[tuning.encoder]
    encoder, tokenizer = load(source), load_tokenizer(source)
    settings = TrainingSettings(steps=tuning.steps, learning_rate=tuning.learning_rate, warmup=tuning.steps // 10,
                                weight_decay=0.01, save_every=50, seed=tuning.seed, bfloat16=True)
    torch.manual_seed(tuning.seed)
    model = HeadedModel(encoder, ClassificationHead(encoder.config, len(training.names), tuning.pooling))
    rows = frame_texts(encoder, tokenizer, training.texts, MAX_TOKENS[tuning.task])
    batches = LabelledBatches(rows, training.labels, tuning.batch_size, encoder.config.pad_id, tuning.seed)
    history = train(model, label_objective, batches, settings, checkpoint=checkpoint, report=report)
    return model, tokenizer, history


def run_fine_tuning(tuning: ClassifierTuning, training: Labelled, test: Labelled, checkpoint=None, report=None) -> dict:
    """Fine-tune and answer: -> a row of JSON values; `load_results("text_classification")` has more of them."""
    began = time.process_time()
    model, tokenizer, history = fine_tune(tuning, training, checkpoint, report)
    rows = frame_texts(model.encoder, tokenizer, test.texts, MAX_TOKENS[tuning.task])
    answers = [int(logits.argmax()) for logits in predict(model, rows)]
    return {**asdict(tuning), **label_metrics(test, answers), "n_train": len(training.texts),
            "loss": sum(row["loss"] for row in history[-20:]) / len(history[-20:]),
            "seconds": history[-1]["seconds"], "cpu_seconds": round(time.process_time() - began, 1)}


def task_hashes() -> dict[str, str]:
    """Give the fingerprint of each task's texts and labels, to tell whether recorded rows are still about them."""
    return {f"{task}, {split}": fingerprint(*data.texts, *map(str, data.labels))
            for task, give in TASKS.items() for split in ("train", "test") for data in [give(split)]}
