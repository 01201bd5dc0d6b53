"""Train a model as the shipped ones were trained: with short rows first, and a BERT on a mixture of its own.

    python benchmarks/shipped_recipe.py bert --text austen tales shakespeare stories --short-steps 1200 ...

Takes what `python -m bertgpt train` takes, and --short-steps; `python benchmarks/ship.py RUN` then ships the run.
"""

import sys

import torch
from torch import Tensor

from bertgpt.cli import main as command_line
from bertgpt.cli import train
from bertgpt.text.batching import Batches, generator_for, pad
from bertgpt.text.corpora import chapters, sentences, stories
from bertgpt.text.data import MaskedBatches, MixedBatches, MLMBatches, SentencePairBatches
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.training import recipes


class SentenceBatches(MaskedBatches):
    """Frame one to three whole sentences a row, as a reader's own come to the model, and mask as `MLMBatches` does.

    texts: title -> text; of a row that is longer than `length` the end is cut off
    `sample(step)` -> input_ids, attention_mask, labels, at_mask (B, T), T at most `length`
    """

    def __post_init__(self):
        self.sentences = [sentences(text) for text in self.texts.values()]
        self.sizes = torch.tensor([float(len(text)) for text in self.sentences])  # (documents,)

    def sample(self, step: int) -> dict[str, Tensor]:
        generator = generator_for(self.seed, step)
        rows = [self.row(generator) for _ in range(self.batch_size)]
        ids, mask = pad(rows, self.tokenizer.pad_id)  # (B, T)
        return self.masked({"input_ids": ids, "attention_mask": mask}, step)

    def row(self, generator: torch.Generator) -> list[int]:
        """Draw the ids of one row."""
        text = self.sentences[int(torch.multinomial(self.sizes, 1, generator=generator))]
        start = int(torch.randint(len(text), (), generator=generator))
        n = int(torch.randint(1, 4, (), generator=generator))
        ids = self.tokenizer.encode_plain("".join(text[start : start + n]).strip())[: self.length - 2]
        return [self.tokenizer.cls_id, *ids, self.tokenizer.sep_id]


class LengthCurriculum:
    """Take batches of short rows for the first steps, and of long ones from then on.

    Among few tokens attention soon finds the ones that matter; among many it may search for thousands
    of steps. Devlin et al. 2019, appendix A.2 (128 tokens for 90 % of the steps, then 512).
    """

    def __init__(self, short: Batches, long: Batches, short_steps: int):
        self.short, self.long, self.short_steps = short, long, short_steps

    def sample(self, step: int) -> dict[str, Tensor]:
        return (self.short if step < self.short_steps else self.long).sample(step)


def quarter(length: int) -> int:
    """Return a quarter of a row's length, but room for one token between [CLS] and [SEP]."""
    return max(3, length // 4)


def novel_batches(books: dict[str, dict[int, str]], documents: list[Tensor], length: int, rows: dict) -> MixedBatches:
    """Mix the rows that our BERT learned from: pairs of spans in three batches of four.

    books: title -> chapters. Half of the pairs are drawn from all of them, half from single books.
    The fourth batch is masked windows, half the time a quarter as long.
    """
    numbered = [{f"{title} {n}": text for n, text in book.items()} for title, book in books.items()]
    everywhere = {name: text for book in numbered for name, text in book.items()}
    pools = [everywhere, *(book for book in numbered if len(book) > 1)]
    sizes = [sum(map(len, pool.values())) for pool in pools]
    pairs = [SentencePairBatches(pool, length=length, **rows) for pool in pools]
    windows = [MLMBatches(documents, length=n, **rows) for n in (length, quarter(length))]
    return MixedBatches([*pairs, *windows], [*sizes, sizes[0] / 3, sizes[0] / 3], rows["seed"], stream="inner mixture")


def story_batches(texts: dict[str, str], documents: list[Tensor], length: int, rows: dict, short: bool) -> Batches:
    """Mix the rows of the stories: of five batches three are pairs, one is windows, one whole sentences.

    The second span of a false pair comes from another story; where rows are to be short, all are sentences.
    """
    if short:
        return SentenceBatches(texts, length=length, **rows)
    sources: list[Batches] = [
        SentencePairBatches(texts, length=length, **rows),
        MLMBatches(documents, length=length, **rows),
        SentenceBatches(texts, length=quarter(length), **rows),
    ]
    return MixedBatches(sources, [3, 1, 1], rows["seed"], stream="inner mixture")


def make_batches(kind: str, corpus: recipes.Corpus, split: str, tokenizer: Tokenizer, short=False, **how) -> Batches:
    """Do what `recipes.make_batches` does, but for a BERT on the shipped prose."""
    if kind != "bert" or corpus.name not in recipes.PROSE:
        return recipes.make_batches(kind, corpus, split, tokenizer, **how)
    rows = {"tokenizer": tokenizer, "batch_size": 32, "rate": 0.15, "seed": 0} | how
    documents, length = corpus.documents[split], rows.pop("length")
    rows.pop("blanks", None)  # a Both's
    if corpus.name == "stories":
        return story_batches(stories(split), documents, length, rows, short)
    return novel_batches(chapters(split, corpus.name), documents, length, rows)


def make_data(args, tokenizer: Tokenizer, corpora: list[recipes.Corpus]):
    """Do what `train.make_data` does; for the first steps the rows are a quarter as long, and four times as many."""
    weights = args.weights or [corpus.n_characters for corpus in corpora]
    shape: dict = dict(length=args.context, batch_size=args.batch_size, rate=args.rate)
    unseen = make_batches(args.model, corpora[0], "test", tokenizer, **shape, seed=1)

    def mixed(**shape) -> MixedBatches:
        how: dict = dict(rate=args.rate, seed=args.seed, blanks=args.blanks) | shape
        sources = [make_batches(args.model, corpus, "train", tokenizer, **how) for corpus in corpora]
        return MixedBatches(sources, weights, args.seed)

    batches: Batches = mixed(length=args.context, batch_size=args.batch_size)
    if args.short_steps:
        short = mixed(length=quarter(args.context), batch_size=4 * args.batch_size, short=True)
        batches = LengthCurriculum(short, batches, args.short_steps)
    return batches, [unseen.sample(step) for step in range(recipes.HELD_OUT_BATCHES)]


if __name__ == "__main__":
    train.DEFAULTS["short_steps"] = 0
    train.HELP["short_steps"] = "first train this many steps on sequences a quarter as long, with 4x the batch"
    train.make_data = make_data
    sys.argv[1:1] = ["train"]
    sys.exit(command_line.main())
