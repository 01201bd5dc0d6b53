"""The encoders that the records compare: frozen, or fine-tuned with a head on labelled texts.

B batch, T tokens.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from experiments import BFLOAT16
from tagging import ENCODERS, UNTRAINED, bucketed_indices, label_objective
from torch import Tensor

from bertgpt.model.heads import ClassificationHead
from bertgpt.model.modern import OpenDecoder
from bertgpt.text.batching import pad
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.loop import train
from bertgpt.training.settings import TrainingSettings
from bertgpt.weights.hub import SMOLLM2
from bertgpt.weights.loading import FILLERS, open_mask
from bertgpt.weights.modern import load_modern, share_weights
from bertgpt.weights.pretrained import load_tokenizer
from bertgpt_book.tasks.classification import frame_texts
from bertgpt_book.tasks.labelled import Labelled

MAX_TOKENS = 64  # per text, special tokens included


def load_opened(source: str) -> OpenDecoder:
    return share_weights(load_modern(source), OpenDecoder)


def load_practised(source: str) -> OpenDecoder:
    """Read a decoder, open its mask and put the shipped adapter beside it that fills blanks."""
    return open_mask(load_modern(source), load_tokenizer(source), FILLERS[source])[0]


# Those whose states are read as they are: SmolLM2 under its own mask, opened, and opened after practice.
FROZEN = ENCODERS | {
    "SmolLM2": (load_modern, SMOLLM2),
    "SmolLM2, opened": (load_opened, SMOLLM2),
    "SmolLM2, practised": (load_practised, SMOLLM2),
}


def load_encoder(name: str, seed: int = 0, pretrained: bool = True):
    """Load an encoder of FROZEN with its tokenizer, and seed what is drawn next, a new head for example.

    pretrained: False for random weights in the same configuration, drawn from the seed
    """
    load, source = FROZEN[name]
    encoder, tokenizer = load(source), load_tokenizer(source)
    torch.manual_seed(seed)
    kind: Callable = type(encoder)
    return (encoder if pretrained else kind(encoder.config).eval()), tokenizer


@dataclass(frozen=True, kw_only=True)
class FineTuning:
    """Settings of fine-tuning; each task adds its own."""

    encoder: str  # one of ENCODERS
    steps: int
    learning_rate: float
    batch_size: int = 32
    seed: int = 0
    pretrained: bool = True  # or begin with random weights
    bfloat16: bool = BFLOAT16  # False: float32 on every processor


def settings_for(steps: int, learning_rate: float, **changes) -> TrainingSettings:
    """Set what all trainings on labels share: a warm-up over a tenth of the steps, and bfloat16 where it is fast."""
    fixed = dict(learning_rate=learning_rate, warmup=steps // 10, weight_decay=0.01, bfloat16=BFLOAT16)
    return TrainingSettings(steps=steps, **fixed | changes)


def fine_tune(tuning: FineTuning, training: Labelled, checkpoint=None):
    """Train encoder and a classifier of its mean vector together: -> HeadedModel, tokenizer, history of `train`.

    Devlin et al. 2019, section 4.1; Radford et al. 2018, section 3.2.
    """
    encoder, tokenizer = load_encoder(tuning.encoder, tuning.seed, tuning.pretrained)
    model = HeadedModel(encoder, ClassificationHead(encoder.config, len(training.names), "mean"))
    rows = frame_texts(encoder, tokenizer, training.texts, MAX_TOKENS)
    batches = LabelledBatches(rows, training.labels, tuning.batch_size, encoder.config.pad_id, tuning.seed)
    settings = settings_for(tuning.steps, tuning.learning_rate, seed=tuning.seed, save_every=50, bfloat16=tuning.bfloat16)
    return model, tokenizer, train(model, label_objective, batches, settings, checkpoint=checkpoint)


class LabelledBatches:
    """Draw labelled texts, each once per pass, bucketed by length and padded to the longest of the batch.

    rows: ids (n,) each, n differing; labels: one int per row
    `sample(step)` -> input_ids, attention_mask (B, T), labels (B,)
    """

    def __init__(self, rows: list, labels: list, batch_size: int, pad_id: int, seed: int = 0):
        self.rows, self.labels, self.lengths = rows, labels, list(map(len, rows))
        self.batch_size, self.pad_id, self.seed = batch_size, pad_id, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        chosen = bucketed_indices(self.lengths, self.batch_size, self.seed, step)
        ids, mask = pad([self.rows[i] for i in chosen], self.pad_id)  # (B, T)
        labels = torch.tensor([self.labels[i] for i in chosen])  # (B,)
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}
