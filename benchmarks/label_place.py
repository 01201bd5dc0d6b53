"""Which way of asking fills plain sentences better: at the blank, as BERT is asked, or one token before it?

Asked one before, a small model leaves the plateau much sooner (the record `plateau`). Is it also the better one in the
end, at what it was trained for? One body, half as wide as the shipped models, with GPT-2's block, reads the stories
under the square, once or twice as many tokens, and is asked in three ways: at the blank, framed and 80/10/10, as BERT
is; the same one before; and one before, without a frame and always behind [MASK], as chapter 15's class is. Rows of one
seed have the same weights, windows and hidden tokens in all ways. Each budget has its own schedule, that of the shipped
models: Muon, short rows first, a rate that falls to zero.

What could come out: the label's place decides only how soon a model learns, and the ways fill alike; or one stays
ahead. Decided before the runs: a way is *better* if its first answers fit both sides of more of the 140 plain
sentences, by an interval without zero, at both budgets. The interval is over sentences, of each the mean of three
seeds. The middle way is the control: it says whether it is the label's place or the other two. A way that ends less
than 0.3 nats below token frequencies has not left its plateau, and has not been tried.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

import torch
import torch.nn.functional as F
from cloze_answers import judge
from experiments import BFLOAT16, Row, fingerprint, main
from torch import Tensor

from bertgpt import Encoder, ModernConfig
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.text.batching import IGNORED, generator_for
from bertgpt.text.corpora import stories
from bertgpt.text.data import LengthCurriculum, LMBatches, MaskedBatches, encode_documents, hide_tokens
from bertgpt.text.tokenizer import CLS, EOS, SEP
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training.framing import FRAMINGS, Framing
from bertgpt.training.loop import train
from bertgpt.training.settings import TrainingSettings
from bertgpt_book.tasks.labelled import plain_sentences

NAME = "label_place"
ROWS, LENGTH, BUDGETS, SEEDS = 32, 64, (1500, 3000), 3  # 2,048 tokens a step: 3 and 6 million
RATE = {"training": 0.30, "test": 0.15}  # share of the tokens that are hidden
WINDOWS = 8  # batches of the test
SIZES = dict(max_len=LENGTH, d_model=128, n_layers=4, n_heads=2, d_ff=512)
OLD = dict(rotary=False, rms_norm=False, gated=False, bias=True, activation="gelu_new", norm_eps=1e-5)  # GPT-2's block
SHIFTS = {"at the blank": 0, "one before": -1}  # where the label of a blank is
# The label, whether rows are framed, whether a hidden token is always [MASK]: as BERT is asked, and as chapter 15's is.
WAYS = (("at the blank", True, False), ("one before", True, False), ("one before", False, True))
tokenizer = cache(course_tokenizer)


@dataclass(eq=False)
class AskedBatches(MaskedBatches):
    """Hide tokens of windows, and label them where the way of asking says: -> input_ids, labels (B, T)."""

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
        return {"input_ids": ids, "labels": labels.roll(SHIFTS[self.label], dims=1)}  # the first is never hidden


def objective(model: Encoder, batch: dict[str, Tensor]) -> dict[str, Tensor]:
    """Predict hidden tokens where their labels stand."""
    labelled = batch["labels"] != IGNORED  # (B, T)
    logits = model(batch["input_ids"], positions=labelled)  # (N, V)
    return {"mlm_loss": F.cross_entropy(logits, batch["labels"][labelled])}


def class_for(label: str, framed: bool) -> type[Encoder]:
    """Make the class of a way of asking, whose plain sentences are framed and answered as its training rows are."""
    asked = type("Asked", (Encoder,), {})
    around = (CLS, SEP, (SEP,)) if framed else (EOS, EOS, ())
    FRAMINGS[asked] = Framing(*around, head="lm_head", answers_at=SHIFTS[label])
    return asked


@cache
def texts(split: str) -> list[Tensor]:
    return encode_documents(stories(split), tokenizer(), torch.int32)


def windows(label: str, framed: bool) -> list[dict[str, Tensor]]:
    """Draw the test: the same hidden tokens of held-out stories for all ways, always behind [MASK]."""
    test = AskedBatches(texts("test"), tokenizer(), LENGTH, ROWS, RATE["test"], 5, label, framed, always_mask=True)
    return [test.sample(step) for step in range(WINDOWS)]


def frequency_loss() -> float:
    """Compute the loss of token frequencies on the test's hidden tokens, in nats."""
    labels = torch.cat([batch["labels"].flatten() for batch in windows("at the blank", True)])
    counted = Unigram(tokenizer().vocab_size).fit(torch.cat(texts("train")))
    return round(counted.loss(labels[labels != IGNORED]), 4)


def run(label: str, framed: bool, always: bool, steps: int, seed: int) -> dict:
    """Train one way of asking to the end of one budget, and let it fill the plain sentences: -> its row."""
    torch.manual_seed(seed)
    model = class_for(label, framed)(ModernConfig(vocab_size=tokenizer().vocab_size, **SIZES | OLD))

    def cut(length: int, n_rows: int) -> AskedBatches:
        rate = RATE["training"]
        return AskedBatches(texts("train"), tokenizer(), length, n_rows, rate, seed, label, framed, always)

    began = time.process_time()
    how = dict(learning_rate=2e-3, optimiser="muon", schedule="linear", eval_every=steps, bfloat16=BFLOAT16)
    settings = TrainingSettings(steps=steps, seed=seed, warmup=min(50, steps // 8), **how)
    batches = LengthCurriculum(cut(LENGTH // 4, 4 * ROWS), cut(LENGTH, ROWS), steps // 2)  # short rows first
    history = train(model, objective, batches, settings, held_out=windows(label, framed))
    judged = judge(model, tokenizer(), plain_sentences())
    return {
        "tokens": steps * ROWS * LENGTH,
        "loss": round(history[-1]["held_out"]["mlm_loss"], 4),
        "plain": {kind: "".join("01"[mark] for mark in marks) for kind, marks in judged.items()},
        "training_seconds": round(time.process_time() - began, 1),
    }


def rows() -> Iterator[Row]:
    data = (fingerprint(*(text for split in ("train", "test") for text in stories(split).values())),)
    for seed in range(SEEDS):
        for steps in BUDGETS:
            for label, framed, always in WAYS:
                key = {"label": label, "framed": framed, "always": always, "steps": steps, "seed": seed}
                way = f"{label}, {'framed' if framed else 'no frame'}, {'always [MASK]' if always else '80/10/10'}"
                make = partial(run, *key.values())
                yield Row(f"{way}, {steps} steps, seed {seed}", make, data, seconds=20 + 0.15 * steps, key=key)


def about() -> dict:
    return {"sizes": SIZES, "rows": ROWS, "length": LENGTH, "rate": RATE, "frequencies": frequency_loss()}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
