"""The fair fight: a BERT and a GPT that differ in mask, objective and head, and in nothing else.

Both read the same rows of the same texts, as many of them, with the same
sizes, settings and seeds. BERT's rows carry [CLS] and [SEP] and no second
text, so that no pair task comes in. Then both are asked the same questions.
"""

import random
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from ..model.bert import BERTForPreTraining
from ..model.config import TINY, TransformerConfig
from ..model.gpt import GPT
from ..ngrams import KneserNey
from ..scoring import log_likelihoods, pseudo_log_likelihoods
from ..text.batching import IGNORED
from ..text.corpora import novels, plays, sentences
from ..text.data import LengthCurriculum, LMBatches, MixedBatches, MLMBatches, encode_documents
from ..text.tokenizer import Tokenizer
from ..training.loop import TrainingSettings, train
from ..training.objectives import lm_objective, masked_lm_objective, shift_left
from .labelled import Labelled, subset

OBJECTIVES = {"BERT": masked_lm_objective, "GPT": lm_objective}


def untrained_model(kind: str, seed: int, sizes: dict = TINY):
    """Make an untrained "BERT" or "GPT" of the given sizes, without dropout."""
    torch.manual_seed(seed)
    if kind == "BERT":
        return BERTForPreTraining(TransformerConfig.bert(**sizes, dropout=0.0))
    return GPT(TransformerConfig.gpt(**sizes, dropout=0.0))


@cache
def training_documents(tokenizer: Tokenizer) -> list[list[Tensor]]:
    """Encode the novels and the plays that both sides read, once: it takes longer than a small training."""
    return [encode_documents(texts, tokenizer) for texts in (novels("train"), plays("train"))]


def mixed_batches(kind: str, documents: list[list[Tensor]], tokenizer: Tokenizer, length: int, batch_size: int,
                  rate: float, seed: int) -> MixedBatches:
    """Cut encoded novels and plays into rows: three of four batches are novels, for both models at the same steps."""
    windows = [MLMBatches(ids, tokenizer, length, batch_size, rate, seed) if kind == "BERT"
               else LMBatches(ids, length, batch_size, seed) for ids in documents]
    return MixedBatches(windows, [3, 1], seed, stream=1)


def train_model(kind: str, seed: int, tokenizer: Tokenizer, *, steps: int, sizes: dict = TINY, batch_size: int = 16,
                rate: float = 0.3, eval_every: int = 100, checkpoint: Path | None = None, report=None):
    """Train one side of the fight: -> model, what is known of the run.

    The first half of the steps has rows of a quarter of the context, four times as many (Devlin et al. 2019, A.2,
    begin short, too); rate: the share of its tokens that BERT is asked for; held-out losses are on *Persuasion*, in
    nats a token that is asked: 15 % of them for BERT, all for GPT
    """
    model, length = untrained_model(kind, seed, sizes), sizes["max_len"]
    documents = training_documents(tokenizer)
    batches = LengthCurriculum(mixed_batches(kind, documents, tokenizer, length // 4, 4 * batch_size, rate, seed),
                               mixed_batches(kind, documents, tokenizer, length, batch_size, rate, seed), steps // 2)
    unseen = encode_documents(novels("test"), tokenizer)
    looks = (MLMBatches(unseen, tokenizer, length, 16, 0.15, seed=5) if kind == "BERT"
            else LMBatches(unseen, length, 16, seed=5))
    settings = TrainingSettings(steps=steps, warmup=steps // 6, eval_every=eval_every, save_every=100, seed=seed,
                                bfloat16=True)
    history = train(model, OBJECTIVES[kind], batches, settings, held_out=[looks.sample(i) for i in range(8)],
                    checkpoint=checkpoint, report=report)
    batch = batches.sample(steps - 1)
    labels = batch["labels"] if kind == "BERT" else shift_left(batch["input_ids"])         # (B, T)
    return model, {"model": kind, "seed": seed, "steps": steps, "rate": rate if kind == "BERT" else 1.0,
                   "tokens": steps * batch_size * length, "seconds": history[-1]["seconds"],
                   "asked": (labels != IGNORED).float().mean().item(),
                   "curve": [[row["step"], row["held_out"]["loss"]] for row in history if "held_out" in row]}


def subsample(examples: Labelled, n: int) -> Labelled:
    """Draw n labelled texts, the same ones for every model."""
    return subset(examples, random.Random(n).sample(range(len(examples.texts)), n))


def trigram_score(tokenizer: Tokenizer):
    """Make a score of texts of the training texts' Kneser-Ney trigram: texts -> log p, in nats a text."""
    works, spoken = training_documents(tokenizer)
    judge = KneserNey(tokenizer.vocab_size).fit(torch.cat(works + spoken))
    return lambda texts: [float(judge.log_probs(tokenizer.encode(text)).sum()) for text in texts]


def make_minimal_pairs(n: int, counts_like, seed: int = 0) -> list[dict[str, str]]:
    """Draw sentences of *Persuasion* and spoil each in two ways that keep its length.

    counts_like: the trigram's score -> n times {"real", "swapped": two neighbouring words exchanged,
    "replaced": one word by that of 30 others, drawn from the novel, which the trigram likes best}; 6 to 20 words
    Counts of neighbours see a swap at once. They chose the replacement, so they cannot be what sees it.
    """
    dice = random.Random(seed)
    text = novels("test")["Persuasion"]
    plain = [word for word in text.split() if word.isalpha() and word.islower() and len(word) > 3]
    known = set(plain)
    whole = [" ".join(sentence.split()) for sentence in sentences(text)]
    fit = [s for s in whole if 6 <= len(s.split()) <= 20 and known & set(s.split()[1:])]
    pairs = []
    for real in dice.sample(fit, n):
        words = real.split()
        at = dice.choice([i for i in range(1, len(words) - 1) if words[i] != words[i + 1]])
        swapped = " ".join([*words[:at], words[at + 1], words[at], *words[at + 2:]])
        at = dice.choice([i for i in range(1, len(words)) if words[i] in known])
        others = [" ".join([*words[:at], other, *words[at + 1:]]) for other in dice.sample(plain, 30)
                  if other != words[at]]
        scores = counts_like(others)
        pairs.append({"real": real, "swapped": swapped, "replaced": others[scores.index(max(scores))]})
    return pairs


def minimal_pair_accuracy(score, pairs: list[dict[str, str]]) -> dict[str, float]:
    """Give the share of sentences that a score puts above their spoilt form; a coin gets a half.

    score(texts) -> one number a text, higher is better -> {"swapped", "replaced"}
    """
    scores = {form: score([sentence[form] for sentence in pairs]) for form in pairs[0]}
    return {form: sum(real > false for real, false in zip(scores["real"], scores[form])) / len(pairs)
            for form in ("swapped", "replaced")}


def likelihood_of(model, tokenizer: Tokenizer):
    """Make a score of texts: log p for a GPT, pseudo-log-likelihood for a BERT, in nats a text."""
    def score(texts: list[str]) -> list[float]:
        ids = [tokenizer.encode(text) for text in texts]
        if isinstance(model, GPT):
            return [logs.sum().item() for logs in log_likelihoods(model, [[tokenizer.eos_id]] * len(ids), ids)]
        return [logs.sum().item() for logs in pseudo_log_likelihoods(model, tokenizer, ids)]

    return score
