"""What ends BERT's plateau: six changes of its block, or one of its label? And does the label end it?

Chapter 17's encoder with GPT-2's block ends a million tokens on the plateau; chapter 20's, with the same kind of
block, has left it after 0.4 million. They are asked in different ways. Here chapter 20's smallest body (two layers,
one head, 64 wide) is asked in all of them: the label stands *at the blank* or *one before* it; the row is *framed*
by [CLS] and [SEP] or not; a hidden token becomes [MASK] in 80 % of cases (*80/10/10*) or *always*. Rows of one seed
have the same weights, the same windows and the same hidden tokens in all cells, and the test hides the same tokens
of *Persuasion*, always behind [MASK]; never the first or the last of a window, so that both neighbours are there.

What could come out: one of the three is enough alone, or only two together, or none (then what differs
between the chapters is depth, heads or the length of a step). Decided before the runs: "on the plateau" is a final
loss less than 0.2 nats below that of token frequencies, "off" one more than 0.3 below, in all three seeds.

Why should a label one before help? There the row of the label has the blank's left neighbour as its own token,
and needs no attention to find it. If that is why, then *one after* helps, too, and *five before*, the control,
does not. Two more questions have two cells each, the first and the last of the eight: BERT's post-norm, and half
of the batches for the next token under the triangle. What a row that has left the plateau may know without any
attention is counted beside it: the loss of a hidden token after its left neighbour.

The control of all this is *attention off*: each token sees itself alone. What could come out: asked one before, such
a model stays at the frequencies, and the others have learned to attend; or it falls as far as they do, and what fell
is the floor that needs no attention: from counts of tokens to counts of pairs. Decided before the runs: the share of
the fall from *at the blank* to *one before* that is there with attention off, of each seed.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import ModernConfig, causal_mask
from bertgpt.evaluation.ngrams import KneserNey, Unigram
from bertgpt.model.masks import bidirectional_mask, combine, padding_mask
from bertgpt.model.modern import Modern
from bertgpt.text.batching import IGNORED, Batches, generator_for
from bertgpt.text.corpora import CORPORA, novels
from bertgpt.text.data import LengthCurriculum, LMBatches, MaskedBatches, encode_documents, hide_tokens
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import old_books_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import shift_left
from bertgpt.training.settings import TrainingSettings

NAME = "plateau"
BOOKS = {name: CORPORA[name] for name in ("austen", "shakespeare", "tales")}  # by authors who died before 1950
RATE = {"training": 0.30, "test": 0.15}  # share of the tokens that are hidden
WINDOWS = 8  # batches of the test
SEEDS = 3
ROWS, LENGTH, STEPS = 16, 128, 500  # 2,048 tokens a step, 1 M in all
SIZES = dict(max_len=LENGTH, d_model=64, n_layers=2, n_heads=1, d_ff=256)  # chapter 20's smallest
OLD = dict(rotary=False, rms_norm=False, gated=False, bias=True, activation="gelu_new", norm_eps=1e-5)
EVERY = 50  # steps between two points of a curve
SHIFTS = {"at the blank": 0, "one before": -1, "one after": 1, "five before": -5}  # where the label of a blank is
FIRST, LAST = ("at the blank", True, False), ("one before", False, True)  # chapter 17's way of asking, chapter 20's
BLOCKS: dict[str, dict] = {
    "GPT-2's": {},
    "post-norm": {"norm_at": "after", "embedding_norm": True},
    "attention off": {},
}


class Reader(Modern):
    """Read under the square, for a batch of next tokens under the triangle, or each token itself alone."""

    causal = alone = False

    def build_mask(self, attention_mask: Tensor, n_queries: int) -> Tensor:
        n_keys = attention_mask.size(1)
        if self.alone:
            return torch.eye(n_queries, n_keys, dtype=torch.bool) & padding_mask(attention_mask)
        order = causal_mask if self.causal else bidirectional_mask
        return combine(order(n_queries, n_keys), padding_mask(attention_mask))


@dataclass(eq=False)
class AskedBatches(MaskedBatches):
    """Hide tokens of windows, and label them where the cell says: -> input_ids, labels (B, T)."""

    label: str = "at the blank"
    framed: bool = True
    always_mask: bool = False

    def __post_init__(self):
        self.windows = LMBatches(self.texts, self.length - 2, self.batch_size, self.seed)

    def sample(self, step: int) -> dict[str, Tensor]:
        ids, generator = self.windows.sample(step)["input_ids"], generator_for(self.seed, step, "masking")
        how = {"unmasked_share": 0.0} if self.always_mask else {}
        inner, hidden = hide_tokens(self.tokenizer, ids[:, 1:-1], self.rate, generator, **how)
        ids, labels = torch.cat([ids[:, :1], inner, ids[:, -1:]], dim=1), F.pad(hidden, (1, 1), value=IGNORED)
        if self.framed:
            cls, sep = (ids.new_full((len(ids), 1), i) for i in (self.tokenizer.cls_id, self.tokenizer.sep_id))
            ids, labels = torch.cat([cls, ids, sep], dim=1), F.pad(labels, (1, 1), value=IGNORED)
        return {"input_ids": ids, "labels": move(labels, SHIFTS[self.label])}


def move(labels: Tensor, shift: int) -> Tensor:
    """Move labels (B, T) by some positions; what leaves the row is lost."""
    return F.pad(labels, (shift, -shift), value=IGNORED)


class HalfCausal:
    """Take every second batch without blanks: it is then read from left to right, for the next token."""

    def __init__(self, asked: AskedBatches):
        self.asked = asked

    def sample(self, step: int) -> dict[str, Tensor]:
        return self.asked.windows.sample(step) if step % 2 else self.asked.sample(step)


def objective(model: Reader, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict hidden tokens where their labels stand or, in a batch without labels, the next token."""
    model.causal = "labels" not in batch
    labels = shift_left(batch["input_ids"]) if model.causal else batch["labels"]  # (B, T)
    labelled = labels != IGNORED
    logits = model(batch["input_ids"], positions=labelled)  # (N, V)
    model.causal = False
    return {"lm_loss" if "labels" not in batch else "mlm_loss": F.cross_entropy(logits, labels[labelled])}


@cache
def books() -> tuple[Tokenizer, list[Tensor], list[Tensor]]:
    """Encode the old books by their own vocabulary: -> the tokenizer, training documents, *Persuasion* to test on."""
    tokenizer = old_books_tokenizer()
    training = [ids for texts in BOOKS.values() for ids in encode_documents(texts("train"), tokenizer)]
    return tokenizer, training, encode_documents(novels("test"), tokenizer)


def windows(label: str, framed: bool) -> list[dict[str, Tensor]]:
    """Draw the test: the same hidden tokens for all cells, always behind [MASK]."""
    tokenizer, _, unseen = books()
    test = AskedBatches(unseen, tokenizer, LENGTH, ROWS, RATE["test"], 5, label, framed, always_mask=True)
    return [test.sample(step) for step in range(WINDOWS)]


@cache
def frequency_loss() -> float:
    """Compute the loss of token frequencies on the test's hidden tokens, in nats."""
    tokenizer, documents, _ = books()
    hidden = torch.cat([batch["labels"][batch["labels"] != IGNORED] for batch in windows("at the blank", True)])
    return round(Unigram(tokenizer.vocab_size).fit(torch.cat(documents)).loss(hidden), 4)


@cache
def neighbour_loss() -> float:
    """Compute the loss of counting pairs: a hidden token after its left neighbour, from as much text as a run reads.

    Where the neighbour is hidden, too, only token frequencies are left.
    """
    tokenizer, documents, _ = books()
    texts = LMBatches(documents, LENGTH, ROWS, seed=0)
    read = torch.cat([texts.sample(step)["input_ids"].flatten() for step in range(STEPS)])
    single, pairs = Unigram(tokenizer.vocab_size).fit(read), KneserNey(tokenizer.vocab_size, order=2).fit(read)
    losses = []
    for batch in windows("at the blank", True):
        at = batch["labels"] != IGNORED  # (B, T)
        hidden, left = batch["labels"][at], batch["input_ids"].roll(1, dims=1)[at]  # (N,) each
        after_left = pairs.log_probs(torch.stack([left, hidden], dim=1).flatten())[1::2]
        alone = (left == tokenizer.mask_id).numpy()
        losses.append(-np.where(alone, single.log_probs(hidden), after_left))
    return round(float(np.concatenate(losses).mean()), 4)


def short_rows_first(make: Callable[[int, int], Batches], short_steps: int) -> Batches:
    """Take four times as many rows of a quarter of the length for the first steps; make(length, n_rows) -> batches."""
    return LengthCurriculum(make(LENGTH // 4, 4 * ROWS), make(LENGTH, ROWS), short_steps)


def run(label: str, framed: bool, always: bool, block: str, causal: bool, seed: int, steps: int = STEPS) -> dict:
    """Train one cell: -> its row."""
    tokenizer, documents, _ = books()
    torch.manual_seed(seed)
    model = Reader(ModernConfig(vocab_size=tokenizer.vocab_size, **SIZES | OLD | BLOCKS[block]))
    model.alone = block == "attention off"

    def cut(length: int, n_rows: int):
        asked = AskedBatches(documents, tokenizer, length, n_rows, RATE["training"], seed, label, framed, always)
        return HalfCausal(asked) if causal else asked

    began = time.process_time()
    how = dict(learning_rate=2e-3, optimiser="muon", schedule="linear", eval_every=min(EVERY, steps))
    settings = TrainingSettings(steps=steps, seed=seed, warmup=min(50, steps // 8), **how)
    history = train(model, objective, short_rows_first(cut, steps // 2), settings, held_out=windows(label, framed))
    curve = [round(row["held_out"]["mlm_loss"], 4) for row in history if "held_out" in row]
    return {
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "curve": curve,
        "loss": curve[-1],
        "cpu_seconds": round(time.process_time() - began, 1),
    }


def rows() -> Iterator[Row]:
    """Plan first what one change does alone and all three together, for all seeds; then the rest."""
    (blank, framed, sometimes), (before, free, always) = FIRST, LAST
    single = [FIRST, (before, framed, sometimes), (blank, free, sometimes), (blank, framed, always), LAST]
    pairs = [(before, free, sometimes), (before, framed, always), (blank, free, always)]
    first = [(*way, "GPT-2's", False) for way in single]
    then = [("one after", free, always, "GPT-2's", False), ("five before", free, always, "GPT-2's", False)]
    then += [(*way, "GPT-2's", False) for way in pairs]
    then += [(*way, "post-norm", False) for way in (FIRST, LAST)]
    then += [(*way, "GPT-2's", True) for way in (FIRST, LAST)]
    off = [(*way, "attention off", False) for way in ((before, framed, sometimes), LAST)]
    for seed, cells in [(seed, cells) for cells in (first, then, off) for seed in range(SEEDS)]:
        for label, framed, always, block, causal in cells:
            key = {"label": label, "framed": framed, "always": always, "block": block, "causal": causal, "seed": seed}
            words = [label, "framed" if framed else "no frame", "always [MASK]" if always else "80/10/10"]
            words += [block] * (block != "GPT-2's") + ["half causal"] * causal
            yield Row(f"{', '.join(words)}, seed {seed}", partial(run, *key.values()), seconds=60, key=key)


def about() -> dict:
    settings = {"rows": ROWS, "length": LENGTH, "rate": RATE, "sizes": SIZES, "old": OLD, "blocks": BLOCKS}
    losses = {"frequencies": frequency_loss(), "left neighbour": neighbour_loss()}
    data = {name: fingerprint(*texts("train").values()) for name, texts in BOOKS.items()}
    tokenizer = fingerprint(old_books_tokenizer().backend.to_str())
    return settings | {"every": EVERY} | losses | {"data": data, "tokenizer": tokenizer}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
