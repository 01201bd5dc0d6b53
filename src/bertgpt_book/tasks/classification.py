"""Classify texts: by word counts, by a layer on a frozen model, by fine-tuning.

n training texts, m test texts, D d_model, C classes.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from bertgpt.device import device_of, supports_bfloat16
from bertgpt.model.heads import ClassificationHead
from bertgpt.model.modern import Decoder, OpenDecoder
from bertgpt.training.finetuning import HeadedModel, build_inputs, label_objective, pooled
from bertgpt.training.loop import TrainingSettings, train
from bertgpt.weights.hub import MINILM, SMOLLM2
from bertgpt.weights.loading import FILLERS, open_mask
from bertgpt.weights.modern import load_modern, share_weights
from bertgpt.weights.pretrained import load_bert, load_gpt, load_tokenizer

from .labelled import Labelled, LabelledBatches, movie_snippets, subset

# The encoders that get heads: name -> loader, source.
ENCODERS = {"TinyBERT": (load_bert, "tinybert"), "TinyGPT": (load_gpt, "tinygpt"), "MiniLM": (load_bert, MINILM)}


def load_opened(source: str) -> OpenDecoder:
    """Read a decoder and open its mask, with nothing learned for it."""
    return share_weights(load_modern(source), OpenDecoder)


def load_practised(source: str) -> OpenDecoder:
    """Read a decoder, open its mask and put the shipped adapter beside it that fills blanks."""
    decoder = load_modern(source)
    assert isinstance(decoder, Decoder)
    return open_mask(decoder, load_tokenizer(source), FILLERS[source])[0]


# Those whose states are read as they are: SmolLM2 under its own mask, opened, and opened after practice.
FROZEN = ENCODERS | {
    "SmolLM2": (load_modern, SMOLLM2),
    "SmolLM2, opened": (load_opened, SMOLLM2),
    "SmolLM2, practised": (load_practised, SMOLLM2),
}

MAX_TOKENS = 64  # per text, special tokens included

Classifier = Callable[[list[int]], Sequence[int]]  # labelled training texts -> classes of the test texts


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """Settings of fine-tuning; each task adds its own."""

    encoder: str  # one of ENCODERS
    steps: int
    learning_rate: float
    batch_size: int = 32
    seed: int = 0
    pretrained: bool = True  # or begin with random weights


@dataclass(frozen=True, kw_only=True)
class ClassifierTuning(FineTuning):
    """Settings of fine-tuning a text classifier."""

    pooling: str  # "first", "last" or "mean": what the head reads


def load_splits(n_train: int | None = None) -> tuple[Labelled, Labelled]:
    """Load the training texts, all or a fixed random n, and the test texts.

    >>> [len(part.texts) for part in load_splits(600)]
    [600, 2046]
    """
    training, test = (movie_snippets(split) for split in ("train", "test"))
    n = len(training.texts)
    return subset(training, random.Random(0).sample(range(n), n_train or n)), test


def frame_texts(encoder, tokenizer, texts: list[str], max_tokens: int) -> list[list[int]]:
    """Encode texts with the model's special tokens, truncated at the end: -> ids of each."""
    return [build_inputs(encoder, tokenizer, text, max_tokens=max_tokens)[0] for text in texts]


def frozen_features(encoder, tokenizer, texts: list[str], max_tokens: int, *poolings: str) -> dict[str, Tensor]:
    """Compute one vector per text and pooling with a frozen model: -> pooling -> (n, D)."""
    return pooled(encoder, frame_texts(encoder, tokenizer, texts, max_tokens), *poolings)


def fit_layer(vectors: Tensor, labels: list[int]) -> nn.Linear:
    """Fit one linear layer on frozen vectors: (n, D) -> a layer D -> C.

    labels: n classes, 0 to C - 1, each at least once; raises ValueError where one is missing
    A logistic regression on standardised vectors; the scaling is then folded into its weights.
    """
    vectors = vectors.cpu()
    scale = StandardScaler().fit(vectors)
    fitted = LogisticRegression(C=0.05, max_iter=1000).fit(scale.transform(vectors), labels)
    if (classes := fitted.classes_.tolist()) != list(range(len(classes))):
        raise ValueError(f"labels must be 0 to C - 1, each at least once, and these are {classes}: draw more texts")
    weight, bias = fitted.coef_ / scale.scale_, fitted.intercept_  # (C, D), or (1, D) of two
    bias = bias - weight @ scale.mean_
    if len(weight) == 1:  # for two classes scikit-learn keeps one row: second against first
        weight, bias = np.concatenate([0 * weight, weight]), np.concatenate([0 * bias, bias])
    layer = nn.Linear(weight.shape[1], len(weight))
    layer.weight.data, layer.bias.data = torch.tensor(weight).float(), torch.tensor(bias).float()
    return layer.requires_grad_(False)


def load_encoder(name: str, seed: int = 0, pretrained: bool = True):
    """Load an encoder of FROZEN with its tokenizer, and seed what is drawn next, a new head for example.

    pretrained: False for random weights in the same configuration, drawn from the seed
    """
    load, source = FROZEN[name]
    encoder, tokenizer = load(source), load_tokenizer(source)
    torch.manual_seed(seed)
    kind: Callable = type(encoder)
    return (encoder if pretrained else kind(encoder.config).eval()), tokenizer


def fine_tune(tuning: ClassifierTuning, training: Labelled, checkpoint=None):
    """Train encoder and head together: -> HeadedModel, tokenizer, history of training.train.

    Devlin et al. 2019, section 4.1 and Radford et al. 2018, section 3.2: all weights learn, the
    head from scratch.
    """
    encoder, tokenizer = load_encoder(tuning.encoder, tuning.seed, tuning.pretrained)
    settings = TrainingSettings(
        steps=tuning.steps,
        learning_rate=tuning.learning_rate,
        warmup=tuning.steps // 10,
        weight_decay=0.01,
        save_every=50,
        seed=tuning.seed,
        bfloat16=supports_bfloat16(device_of(encoder)),
    )
    head = ClassificationHead(encoder.config, len(training.names), tuning.pooling)
    model = HeadedModel(encoder, head)
    rows = frame_texts(encoder, tokenizer, training.texts, MAX_TOKENS)
    batches = LabelledBatches(rows, training.labels, tuning.batch_size, encoder.config.pad_id, tuning.seed)
    history = train(model, label_objective, batches, settings, checkpoint=checkpoint)
    return model, tokenizer, history


def by_words(training: Labelled, test: Labelled) -> Classifier:
    """Classify by TF-IDF of words and word pairs under a logistic regression."""

    def classify(chosen):
        some = subset(training, chosen)
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        classifier = make_pipeline(words, LogisticRegression(C=10, max_iter=1000))
        return classifier.fit(some.texts, some.labels).predict(test.texts).tolist()

    return classify
