"""What is a second reading worth? 100,000 tokens of stories, read 1, 3, 10, 30 or 100 times.

Chapter 09 guesses that BERT falls behind because it has met the answers before. Papers of 2025 and 2026 find the
opposite at size (arXiv 2507.15857, 2510.04071, 2603.22075): repeated text keeps its worth longer for masked
models. Here one body, half as wide as the shipped models, reads one fixed text in five ways: GPT; GPT with
dropout; GPT with 15 % of the tokens that it reads hidden, though it must still predict them all; BERT, 15 % hidden; and
BERT with any share hidden. All predict a token from the position before it, so that label and frame do not differ.

What could come out: the curves cross, so that with enough readings BERT's model is the better one, or they do not, at
this size. If they cross, the two GPTs with noise say whether it is the mask: if either keeps up with BERT, noise in
the input is enough. Decided before the runs: the arms meet where they can be compared, in pairs made from held-out
stories (500 of each of three kinds, as in fair_fight), in Zorro (200 pairs of each paradigm) and in plain sentences;
*crosses* means that the mean of three seeds is ahead in our pairs at some budget, by an interval over the pairs
without zero, and behind at a smaller one. Losses are compared within an arm only: *worn out* is the first budget whose
held-out loss is 0.02 nats or more above the arm's best, in all three seeds. N-gram models, counted on the same text,
stand beside them in the pairs.

The text was to be 300,000 tokens. A first run of that, without the pairs, got through one and three readings, with GPT
ahead; then the text was cut to a third, and the pairs added, so that more readings fit and more can be seen.

The learning rate is constant and falls to zero over the last fifth of a budget, so budgets share the steps before.
A run that is stopped goes on where its last checkpoint was, in the folder of temporary files. Two hours of one quiet
core to 30 readings, six to 100; on a GPU, where there is one.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import exams
import torch
from cloze_answers import judge
from experiments import Row, fingerprint, main
from fair_fight import N_ITEMS, WARMUP, objective_for, objective_loss, settings_for, text_scores, train_to
from minimal_pairs import MinimalPairs, fit_counters, judge_by_counting, judge_pairs, make_minimal_pairs
from torch import Tensor

from bertgpt.device import get_device, supports_bfloat16
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.inference.sentences import score_minimal_pairs
from bertgpt.model.both import Both
from bertgpt.model.config import TransformerConfig
from bertgpt.text.batching import IGNORED, generator_for
from bertgpt.text.corpora import stories
from bertgpt.text.data import LMBatches, encode_documents, hide_tokens
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt_book.tasks.fair_fight import Arm
from bertgpt_book.tasks.labelled import plain_sentences

NAME = "second_reading"
TEXT, READINGS, SEEDS = 100_000, (1, 3, 10, 30, 100), 3
KIND = "TinyStories"  # of these is the text, and what is held out
ROWS, LENGTH = 16, 64  # 1,024 tokens a step
SIZES = dict(max_len=LENGTH, d_model=128, n_layers=4, n_heads=2, d_ff=512)
EVERY = 500  # steps between two checkpoints
TEST_BATCHES = 16
tokenizer = cache(course_tokenizer)


@dataclass(frozen=True)
class Way:
    """One way to read: the arm's mask and question, dropout, and the share of GPT's input that is hidden."""

    arm: Arm
    dropout: float = 0.0
    holes: float = 0.0
    any_rate: bool = False


GPT = Arm("causal", None)
WAYS = {
    "GPT": Way(GPT),
    "GPT, dropout": Way(GPT, dropout=0.1),
    "GPT, 15 % hidden": Way(GPT, holes=0.15),
    "BERT": Way(Arm(rate=0.15)),
    "BERT, any rate": Way(Arm(rate=0.15), any_rate=True),
}


class Readings:
    """Cut the same rows for every way of reading: -> input_ids, labels (B, T), each label at its token's position."""

    def __init__(self, texts: list[Tensor], way: Way, seed: int):
        self.windows, self.way, self.seed = LMBatches(texts, LENGTH, ROWS, seed), way, seed

    def sample(self, step: int) -> dict[str, Tensor]:
        ids, generator = self.windows.sample(step)["input_ids"], generator_for(self.seed, step, "masking")
        first, rest = ids[:, :1], ids[:, 1:]
        hidden, labels = rest, rest
        rate = self.way.holes or self.way.arm.rate
        if rate is not None and rate > 0:
            drawn = 1 - torch.rand(len(ids), 1, generator=generator) if self.way.any_rate else rate  # (B, 1), above 0
            hidden, blanks = hide_tokens(tokenizer(), rest, drawn, generator, unmasked_share=0.0)
            labels = rest if self.way.holes else blanks
        labels = torch.cat([torch.full_like(first, IGNORED), labels], dim=1)  # (B, T)
        return {"input_ids": torch.cat([first, hidden], dim=1), "labels": labels}


@cache
def texts(split: str) -> list[Tensor]:
    """Encode the stories that are read again and again, the first that hold enough tokens, or those held out."""
    documents, total = [], 0
    of_one_kind = {title: text for title, text in stories(split).items() if title.startswith(KIND)}
    for ids in encode_documents(of_one_kind, tokenizer(), torch.int32):
        if split == "train" and total + len(ids) > TEXT:
            break
        documents.append(ids)
        total += len(ids)
    return documents


@cache
def counters() -> dict[str, Unigram]:
    """Count n-grams in the text that is read."""
    return fit_counters(tokenizer().vocab_size, texts("train"))


@cache
def minimal_pairs() -> dict[str, MinimalPairs]:
    """Make pairs of the held-out stories."""
    return make_minimal_pairs([texts("test")], tokenizer(), counters(), N_ITEMS, LENGTH)


def baselines() -> dict:
    """Let the n-gram models judge the pairs."""
    counted = {name: judge_by_counting(minimal_pairs(), counter) for name, counter in counters().items()}
    return {"minimal_pairs": counted}


def steps_for(readings: int) -> int:
    return round(readings * TEXT / (ROWS * LENGTH))


def train(steps: int, way: Way, model: Both, seed: int, trunk: Path) -> None:
    """Train a model in place to the end of a budget, from the last checkpoint of the steps that budgets share."""
    bfloat16 = supports_bfloat16(get_device())
    settings = settings_for(steps, seed=seed, warmup=WARMUP, bfloat16=bfloat16)
    train_to(settings, objective_for(way.arm), model, Readings(texts("train"), way, seed), trunk, EVERY)


def run(name: str, readings: int, seed: int) -> dict:
    """Train one way of reading to the end of one budget, and evaluate it."""
    way, order = WAYS[name], WAYS[name].arm.order
    torch.manual_seed(seed)
    model = Both(TransformerConfig.gpt(vocab_size=tokenizer().vocab_size, dropout=way.dropout, **SIZES)).to(
        get_device()
    )
    folder = Path(tempfile.gettempdir()) / f"second_reading_{fingerprint(str(SIZES), str(TEXT), tokenizer().sha256())}"
    folder.mkdir(exist_ok=True)
    train(steps_for(readings), way, model, seed, folder / f"{name.replace(' ', '-')}-{seed}")
    plain = Way(way.arm)  # without noise, BERT at 15 %
    own = {
        split: objective_loss(model, way.arm, [Readings(texts(split), plain, 5).sample(i) for i in range(TEST_BATCHES)])
        for split in ("train", "test")
    }
    zorro = exams.sit("zorro", partial(score_minimal_pairs, model, tokenizer(), ways=[exams.WAYS[order]]))
    score = partial(text_scores, model, way.arm, mask_id=tokenizer().mask_id)
    judged = judge(model, tokenizer(), plain_sentences(), None if order == "bidirectional" else order)
    return {
        "tokens": steps_for(readings) * ROWS * LENGTH,
        "own": {split: round(sum(losses) / len(losses), 4) for split, losses in own.items()},
        "minimal_pairs": judge_pairs(minimal_pairs(), score),
        "zorro": zorro["ways"][exams.WAYS[order]]["right, %"],
        "plain": {kind: "".join("01"[mark] for mark in marks) for kind, marks in judged.items()},
    }


def rows() -> Iterator[Row]:
    """Plan the small budgets first, a seed after the other."""
    read = [text for split in ("train", "test") for text in stories(split).values()]
    data = (exams.digest("zorro"), fingerprint(*read), f"{TEXT} tokens of {KIND}")
    yield Row("baselines", baselines, data)
    for readings in READINGS:
        for seed in range(SEEDS):
            for name in WAYS:
                key = {"way": name, "readings": readings, "seed": seed}
                title = f"{name}, read {readings} time{'s' * (readings > 1)}, seed {seed}"
                yield Row(title, partial(run, *key.values()), data, seconds=25 + 0.15 * steps_for(readings), key=key)


def about() -> dict:
    return {"text": sum(map(len, texts("train"))), "rows": ROWS, "length": LENGTH, "sizes": SIZES}


if __name__ == "__main__":
    main(__doc__, NAME, about, rows)
