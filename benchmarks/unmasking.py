"""Which half of "surest first" repeats itself: where it writes, or what it throws away?

At each pass the rule draws a token for every blank and keeps the most probable one. That does two things: it chooses the
position, and it discards rare draws. Here each is done alone. Twelve beginnings of eight tokens from *Persuasion*, 32
more tokens in 32 passes of TinyBoth under the square, each drawn from the 40 most probable, three seeds.

    surest first    a draw for each blank, and the most probable of them is kept
    position alone  the blank where the model is surest, and one draw there
    draws alone     a blank at random, and the most probable of as many draws as there are blanks left
    random order    a blank at random, and one draw there

What could come out: if the order repeats itself, "position alone" is as poor in distinct tokens as "surest first"; if
it is the discarding, "draws alone" is. Decided before the runs: the share of distinct tokens among the 32, page by page,
averaged over seeds; a rule differs from random order if the paired interval over the twelve pages leaves out zero.
"""

from collections.abc import Iterator
from functools import cache, partial

import torch
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import load_both, load_tokenizer
from bertgpt.evaluation.metrics import distinct
from bertgpt.inference.decoding import sample_next_token
from bertgpt.text.corpora import novels
from bertgpt.text.data import LMBatches, encode_documents

NAME = "unmasking"
PAGES, BEGUN, NEW, TOP_K = 12, 8, 32, 40
RULES = {"surest first": (True, True), "position alone": (True, False), "draws alone": (False, True),
         "random order": (False, False)}  # name -> the surest position, the most probable of many draws  # fmt: skip
SEEDS = (15, 16, 17)


@cache
def pages() -> Tensor:
    """Begin twelve pages, as chapter 15 does: <eos>, eight tokens and 32 blanks: -> (12, 41)."""
    tokenizer = load_tokenizer()
    (novel,) = encode_documents(novels("test"), tokenizer)
    rows = LMBatches([novel], 126, 40, seed=3).sample(0)["input_ids"][:PAGES, :BEGUN]
    sides = [torch.full((PAGES, n), id_) for n, id_ in ((1, tokenizer.eos_id), (NEW, tokenizer.mask_id))]
    return torch.cat([sides[0], rows, sides[1]], dim=1)


@torch.inference_mode()
def write(rule: str, seed: int) -> dict:
    """Write all pages by a rule, a token a pass: -> the shares of distinct tokens and pairs of each page."""
    surest_position, of_many = RULES[rule]
    both, tokenizer = load_both("tinyboth"), load_tokenizer()
    ids, generator = pages().clone(), torch.Generator().manual_seed(seed)

    def draw(logits: Tensor) -> Tensor:
        return sample_next_token(logits, 1.0, TOP_K, generator=generator)

    for _ in range(NEW):
        logits = both(ids, order="bidirectional")[:, :-1]  # (B, T - 1, V): the state before a blank predicts it
        logits[..., tokenizer.mask_id] = -torch.inf
        for row, z in zip(ids, logits):
            blanks = (row == tokenizer.mask_id).nonzero()[:, 0]  # (n,)
            z = z[blanks - 1]  # (n, V)
            p = z.softmax(dim=-1)
            if surest_position and of_many:
                drawn = draw(z)  # (n,)
                k = int(p.gather(1, drawn[:, None])[:, 0].argmax())
                row[blanks[k]] = drawn[k]
                continue
            k = int(p.max(dim=-1).values.argmax() if surest_position else torch.randint(len(blanks), (), generator=generator))
            drawn = draw(z[k].expand(len(blanks) if of_many else 1, -1).clone())
            row[blanks[k]] = drawn[p[k, drawn].argmax()]
    texts = [tokenizer.tokens(row) for row in ids[:, 1 + BEGUN :]]
    return {kind: [distinct(text, n) for text in texts] for n, kind in ((1, "tokens"), (2, "pairs"))}


def rows() -> Iterator[Row]:
    data = (fingerprint(str(pages().tolist())),)
    for rule in RULES:
        for seed in SEEDS:
            key = {"rule": rule, "seed": seed}
            yield Row(f"{rule}, seed {seed}", partial(write, rule, seed), data, ("tinyboth",), 10, key)


ABOUT = {"pages": PAGES, "begun": BEGUN, "new tokens": NEW, "passes": NEW, "drawn from the most probable": TOP_K}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
