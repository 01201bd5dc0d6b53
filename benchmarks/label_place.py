"""Which way of asking fills plain sentences better: at the blank, as BERT is asked, or one token before it?

Asked one before, a small model leaves the plateau much sooner (plateau.py). Is it also the better one in the end, at
what it was trained for? One body, half as wide as the shipped models, with GPT-2's block, reads the stories under the
square, once or twice as many tokens, and is asked in three ways: at the blank, framed and 80/10/10, as BERT is; the
same one before; and one before, without a frame and always behind [MASK], as chapter 15's class is. Rows of one seed
have the same weights, windows and hidden tokens in all ways. Each budget has its own schedule, that of the shipped
models: Muon, short rows first, a rate that falls to zero.

What could come out: the label's place decides only how soon a model learns, and the ways fill alike; or one stays
ahead. Decided before the runs: a way is *better* if its first answers fit both sides of more of the 140 plain
sentences, by an interval without zero, at both budgets. The interval is over sentences, of each the mean of three
seeds. The middle way is the control: it says whether it is the label's place or the other two. A way that ends less
than 0.3 nats below token frequencies has not left its plateau, and has not been tried.
"""

import time
from collections.abc import Iterator
from functools import cache, partial

import torch
from cloze_answers import judge
from experiments import BFLOAT16, Row, fingerprint, main
from modern_ladder import OLD
from plateau import FIRST, LAST, SHIFTS, AskedBatches, Reader, objective
from pretraining import RATE, WINDOWS, settings_for, short_rows_first
from torch import Tensor

from bertgpt import ModernConfig
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.text.batching import IGNORED
from bertgpt.text.corpora import stories
from bertgpt.text.data import encode_documents
from bertgpt.text.tokenizer import CLS, EOS, SEP
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training.framing import FRAMINGS, Framing
from bertgpt.training.loop import train
from bertgpt_book.tasks.labelled import plain_sentences

NAME = "label_place"
ROWS, LENGTH, BUDGETS, SEEDS = 32, 64, (1500, 3000), 3  # 2,048 tokens a step: 3 and 6 million
SIZES = dict(max_len=LENGTH, d_model=128, n_layers=4, n_heads=2, d_ff=512)
WAYS = (FIRST, ("one before", *FIRST[1:]), LAST)
tokenizer = cache(course_tokenizer)


def class_for(label: str, framed: bool) -> type[Reader]:
    """Make the class of a way of asking, whose plain sentences are framed and answered as its training rows are."""
    asked = type("Asked", (Reader,), {})
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
    settings = settings_for(steps, seed, bfloat16=BFLOAT16)
    batches = short_rows_first(cut, LENGTH, ROWS, steps // 2)
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
