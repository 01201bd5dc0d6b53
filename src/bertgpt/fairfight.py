"""The fair fight: a BERT and a GPT that differ in mask, objective and head, and in nothing else.

Both read the same rows of the same texts, as many of them, with the same
sizes, settings and seeds. BERT's rows carry [CLS] and [SEP] and no second
text, so that no pair task comes in. Then both are asked the same questions.
"""

from pathlib import Path

import torch

from .bert import BERTForPreTraining
from .config import TINY, TransformerConfig
from .corpora import novels, plays
from .data import LMWindows, Mixture, MLMWindows, ShortFirst, encode_documents
from .gpt import GPT
from .objectives import IGNORED, lm_objective, masked_lm_objective, shift_left
from .tokenizer import Tokenizer
from .training import TrainingSettings, train

OBJECTIVES = {"BERT": masked_lm_objective, "GPT": lm_objective}


def build(kind: str, seed: int, sizes: dict = TINY):
    """Make an untrained "BERT" or "GPT" of the given sizes, without dropout."""
    torch.manual_seed(seed)
    if kind == "BERT":
        return BERTForPreTraining(TransformerConfig.bert(**sizes, dropout=0.0))
    return GPT(TransformerConfig.gpt(**sizes, dropout=0.0))


def rows_of(kind: str, split: str, tokenizer: Tokenizer, length: int, batch_size: int, rate: float, seed: int):
    """Cut novels and plays into rows: three of four batches are novels, for both models at the same steps."""
    def windows(texts):
        documents = encode_documents(texts, tokenizer)
        if kind == "BERT":
            return MLMWindows(documents, tokenizer, length, batch_size, rate, seed)
        return LMWindows(documents, length, batch_size, seed)

    return Mixture([windows(novels(split)), windows(plays(split))], [3, 1], seed + 1)


def learn(kind: str, seed: int, tokenizer: Tokenizer, *, steps: int, sizes: dict = TINY, batch_size: int = 16,
          rate: float = 0.3, eval_every: int = 100, checkpoint: Path | None = None, report=None):
    """Train one side of the fight: -> model, what is known of the run.

    The first half of the steps has rows of a quarter of the context, four times as many (Devlin et al. 2019, A.2,
    begin short, too); rate: the share of its tokens that BERT is asked for; held-out losses are on *Persuasion*, in
    nats a token that is asked: 15 % of them for BERT, all for GPT
    """
    model, length = build(kind, seed, sizes), sizes["max_len"]
    batches = ShortFirst(rows_of(kind, "train", tokenizer, length // 4, 4 * batch_size, rate, seed),
                         rows_of(kind, "train", tokenizer, length, batch_size, rate, seed), steps // 2)
    unseen = encode_documents(novels("held_out"), tokenizer)
    exam = (MLMWindows(unseen, tokenizer, length, 16, 0.15, seed=5) if kind == "BERT"
            else LMWindows(unseen, length, 16, seed=5))
    settings = TrainingSettings(steps=steps, warmup=steps // 6, eval_every=eval_every, save_every=100, seed=seed,
                                bfloat16=True)
    history = train(model, OBJECTIVES[kind], batches, settings, held_out=[exam.sample(i) for i in range(8)],
                    checkpoint=checkpoint, report=report)
    batch = batches.sample(steps - 1)
    labels = batch["labels"] if kind == "BERT" else shift_left(batch["input_ids"])         # (B, T)
    return model, {"model": kind, "seed": seed, "steps": steps, "rate": rate if kind == "BERT" else 1.0,
                   "tokens": steps * batch_size * length, "seconds": history[-1]["seconds"],
                   "asked": (labels != IGNORED).float().mean().item(),
                   "curve": [[row["step"], row["held_out"]["loss"]] for row in history if "held_out" in row]}
