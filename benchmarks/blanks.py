"""What helps a BERT at blanks? Four ways to teach it, two seeds.

A row per run. The models are half as wide as TinyBERT and read a seventh of its tokens, from the same texts
in the same shares; within a seed each way differs in one thing from "as TinyBERT". Decided before it was
run: a way helps if its first answers to the plain sentences make sense more often, the mean over the seeds
taken by sentence, by a 95 % interval over the sentences that leaves out zero.
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from cards import at_blanks, draw_positions, held_out, spread_rows
from cloze_answers import judge
from experiments import Row, main
from mix import LENGTH, MIXES, ROWS, SIZES, TEXTS, about_texts, encoded, percentages
from pretraining import settings_for
from torch import Tensor

from bertgpt import BERTForPreTraining, TransformerConfig
from bertgpt.text.batching import IGNORED, Batches, generator_for
from bertgpt.text.data import LengthCurriculum, MixedBatches, MLMBatches, SentencePairBatches, masked
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import masked_lm_objective
from bertgpt.training.recipes import mix_batches
from bertgpt_book.tasks.labelled import plain_sentences

NAME = "blanks"
STEPS, RATE, N_ROWS = 2400, 0.30, 400
SHARES = dict(zip(TEXTS, MIXES["as shipped"]))
METHODS = ("as TinyBERT", "falling rate", "whole words", "no pairs")


class HiddenAnew:
    """Undo the masking of a source's batches, and let `hide(batch, step)` mask them."""

    def __init__(self, source: Batches, hide: Callable[[dict[str, Tensor], int], dict[str, Tensor]]):
        self.source, self.hide = source, hide

    def sample(self, step: int) -> dict[str, Tensor]:
        batch = self.source.sample(step)
        original = torch.where(batch["labels"] == IGNORED, batch["input_ids"], batch["labels"])  # (B, T)
        return self.hide({**batch, "input_ids": original}, step)


def edges(tokenizer: Tokenizer) -> tuple[Tensor, Tensor]:
    """Say which tokens begin with a letter, and which end with one: (V,) bool each; special tokens do neither."""
    tokens = tokenizer.tokens(range(tokenizer.vocab_size))
    begins, ends = torch.tensor([(token[:1].isalpha(), token[-1:].isalpha()) for token in tokens]).T
    return begins, ends


def continues(letters: tuple[Tensor, Tensor], ids: Tensor) -> Tensor:
    """Say which tokens go on with the word of the token before: `edges`, (B, T) -> bool."""
    begins, ends = letters
    return begins[ids] & ends[ids].roll(1, dims=1)


def hide_words(
    tokenizer: Tokenizer, letters: tuple[Tensor, Tensor], seed: int, batch: dict[str, Tensor], step: int
) -> dict[str, Tensor]:
    """Hide whole words, in random order, until RATE of each row's tokens is hidden; each token as BERT does it."""
    all_hidden, ids = masked(batch, tokenizer, 1.0, seed, step), batch["input_ids"]  # (B, T)
    ordinary = all_hidden["labels"] != IGNORED  # (B, T)
    word = (~continues(letters, ids)).cumsum(dim=1) - 1  # (B, T)
    order = torch.rand(ids.shape, generator=generator_for(seed, step, "masking"))
    draw = order.gather(1, word).masked_fill(~ordinary, 2.0)  # (B, T), one number a word
    n_hidden = (RATE * ordinary.sum(dim=1, keepdim=True)).round().long().clamp(min=1)  # (B, 1)
    hidden = ordinary & (draw <= draw.sort(dim=1).values.gather(1, n_hidden - 1))  # (B, T)
    return {
        **all_hidden,
        "input_ids": torch.where(hidden, all_hidden["input_ids"], ids),
        "labels": all_hidden["labels"].masked_fill(~hidden, IGNORED),
        "at_mask": all_hidden["at_mask"] & hidden,
    }


def hide_fewer(tokenizer: Tokenizer, seed: int, steps: int, batch: dict[str, Tensor], step: int) -> dict[str, Tensor]:
    """Hide 40 % of the tokens at the first step, 15 % at the last."""
    return masked(batch, tokenizer, 0.40 - 0.25 * step / steps, seed, step)


def without_pairs(source: Batches) -> Batches:
    """Replace each source of pairs in a mixture by windows of the same texts, as long and as many."""
    if isinstance(source, SentencePairBatches):
        return MLMBatches(source.ids, source.tokenizer, source.length, source.batch_size, source.rate, source.seed)
    if isinstance(source, MixedBatches):
        source.sources = [without_pairs(each) for each in source.sources]
    if isinstance(source, LengthCurriculum):
        source.short, source.long = without_pairs(source.short), without_pairs(source.long)
    return source


def batches_of(method: str, tokenizer: Tokenizer, seed: int, steps: int) -> Batches:
    """Draw the training batches of one way to teach."""
    short_steps = steps * 2 // 13  # 1,200 of 7,820, as of the shipped models
    shares = list(SHARES.values())
    batches = mix_batches("bert", encoded(tokenizer), shares, tokenizer, LENGTH, ROWS, RATE, seed, short_steps)
    if method == "no pairs":
        return without_pairs(batches)
    if method == "falling rate":
        return HiddenAnew(batches, partial(hide_fewer, tokenizer, seed, steps))
    if method == "whole words":
        return HiddenAnew(batches, partial(hide_words, tokenizer, edges(tokenizer), seed))
    return batches


def run(method: str, seed: int, steps: int, tokenizer: Tokenizer) -> dict:
    """Train one model in one way: -> its row."""
    torch.manual_seed(seed)
    model = BERTForPreTraining(TransformerConfig.bert(vocab_size=tokenizer.vocab_size, **SIZES))
    train(
        model, masked_lm_objective, batches_of(method, tokenizer, seed, steps), settings_for(steps, seed, bfloat16=True)
    )
    judged, nats = judge(model, tokenizer, plain_sentences()), {}
    for title, ids in held_out(tokenizer).items():
        rows = spread_rows(ids, N_ROWS)
        mean = at_blanks(model, tokenizer, rows, draw_positions(tokenizer, rows, 0.15)).mean().item()
        nats[title] = round(mean, 4)
    return {
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "15 % hidden, nats": nats,
        "plain": percentages(judged),
        "first answers": "".join("01"[right] for right in judged["first"]),
    }


def rows() -> Iterator[Row]:
    tokenizer = course_tokenizer()
    for seed in (0, 1):
        for method in METHODS:
            make = partial(run, method, seed, STEPS, tokenizer)
            yield Row(f"{method}, seed {seed}", make, seconds=900, key={"name": method, "seed": seed})


def about() -> dict:
    return {**about_texts(course_tokenizer()), "texts": SHARES}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
