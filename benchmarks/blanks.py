"""What helps a BERT at blanks? Four ways to teach it, two seeds.

    python benchmarks/blanks.py                          # two hours on one quiet core
    python benchmarks/blanks.py --seeds 1                # half of it; a run that was recorded is not made again
    python benchmarks/blanks.py --steps 8 --out DIR      # a rehearsal

Writes assets/results/blanks.json, a row per run. The models are half as wide as TinyBERT and read a seventh of its
tokens, from the same texts in the same shares; within a seed each way differs in one thing from "as TinyBERT". Decided
before it was run: a way helps if its first answers to the plain sentences make sense more often, the mean over the
seeds taken by sentence, by a 95 % interval over the sentences that leaves out zero.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from cards import at_blanks, draw_positions, held_out, spread_rows
from cloze_answers import judge
from experiments import add_runs
from mix import LENGTH, MIXES, ROWS, SIZES, TEXTS, material, percentages, settings_of
from torch import Tensor

from bertgpt import BERTForPreTraining, TransformerConfig
from bertgpt.text.batching import IGNORED, Batches, generator_for
from bertgpt.text.data import LengthCurriculum, MixedBatches, MLMBatches, SentencePairBatches, masked
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.training.loop import train
from bertgpt.training.objectives import masked_lm_objective
from bertgpt.training.recipes import Corpus, mix_batches
from bertgpt_book.records import RESULTS
from bertgpt_book.tasks.labelled import plain_sentences

STEPS, RATE, N_ROWS = 2400, 0.30, 400
SHARES = dict(zip(TEXTS, MIXES["as shipped"]))
WAYS = ("as TinyBERT", "falling rate", "whole words", "no pairs")


class HiddenAnew:
    """Undo the masking of a source's batches, and let `hide(batch, step)` mask them."""

    def __init__(self, source: Batches, hide: Callable[[dict[str, Tensor], int], dict[str, Tensor]]):
        self.source, self.hide = source, hide

    def sample(self, step: int) -> dict[str, Tensor]:
        batch = self.source.sample(step)
        whole = torch.where(batch["labels"] == IGNORED, batch["input_ids"], batch["labels"])  # (B, T)
        return self.hide({**batch, "input_ids": whole}, step)


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


def batches_of(way: str, corpora: list[Corpus], tokenizer: Tokenizer, seed: int, steps: int) -> Batches:
    """Draw the training batches of one way."""
    short_steps = steps * 2 // 13  # 1,200 of 7,820, as of the shipped models
    batches = mix_batches("bert", corpora, list(SHARES.values()), tokenizer, LENGTH, ROWS, RATE, seed, short_steps)
    if way == "no pairs":
        return without_pairs(batches)
    hide = {
        "falling rate": partial(hide_fewer, tokenizer, seed, steps),
        "whole words": partial(hide_words, tokenizer, edges(tokenizer), seed),
    }.get(way)
    return HiddenAnew(batches, hide) if hide else batches


def run(way: str, seed: int, steps: int, tokenizer: Tokenizer, corpora: list[Corpus]) -> dict:
    """Train one model in one way: -> its row."""
    torch.manual_seed(seed)
    model = BERTForPreTraining(TransformerConfig.bert(vocab_size=tokenizer.vocab_size, **SIZES))
    train(model, masked_lm_objective, batches_of(way, corpora, tokenizer, seed, steps), settings_of(steps, seed))
    judged = judge(model, tokenizer, plain_sentences())
    rows = {title: spread_rows(ids, N_ROWS) for title, ids in held_out(tokenizer).items()}
    nats = {
        title: at_blanks(model, tokenizer, part, draw_positions(tokenizer, part, 0.15)).mean().item()
        for title, part in rows.items()
    }
    return {
        "name": way,
        "seed": seed,
        "steps": steps,
        "tokens": steps * ROWS * LENGTH,
        "15 % hidden, nats": {title: round(loss, 4) for title, loss in nats.items()},
        "plain": percentages(judged),
        "first answers": "".join("01"[right] for right in judged["first"]),
    }


def key(row: dict) -> tuple:
    """Identify the run of a row."""
    return row["name"], row["seed"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=STEPS, help="of every run")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = course_tokenizer()
    corpora, about = material(tokenizer)
    runs = {(way, seed): partial(run, way, seed, args.steps, tokenizer, corpora) for seed in args.seeds for way in WAYS}
    add_runs("blanks", about | {"texts": SHARES}, runs, key, args.out)


if __name__ == "__main__":
    main()
