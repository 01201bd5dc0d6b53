"""Where does BERT expect a row to end? A blank at the end of 1 to 125 tokens, with and without [SEP] after it.

At 60 positions of *Persuasion* where a word follows, at every length of the text on the left up to 125: with the frame
and a blank that makes 128 tokens, all that BERT has positions for. The share of BERT's probability that goes to
punctuation, and the surprise at the true word; GPT's surprise after the same text stands beside them. Two more draws of
60 positions, with [SEP], tell whether what is seen belongs to the positions.

What could come out: a slope towards the lengths at which training rows end, or a cliff at these two alone.
"""

from collections.abc import Iterator
from functools import cache, partial

import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.text.corpora import novels

NAME = "row_ends"
LONGEST, POSITIONS, SEEDS = 125, 60, 3


@cache
def book() -> Tensor:
    return torch.tensor(load_tokenizer().encode(novels("test")["Persuasion"]))


@cache
def kinds() -> tuple[Tensor, Tensor]:
    """Tell words that begin with a space, and punctuation: -> (V,) bool each."""
    pieces = load_tokenizer().tokens(range(load_tokenizer().vocab_size))
    words = torch.tensor([piece[:1] == " " and piece[1:].isalpha() for piece in pieces])
    return words, torch.tensor([not any(c.isalnum() for c in piece) for piece in pieces])


def places(seed: int) -> Tensor:
    """Draw positions where a word stands and enough text before it: -> (60,)."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(LONGEST, len(book()), (10 * POSITIONS,), generator=generator)
    return drawn[kinds()[0][book()[drawn]]][:POSITIONS]


@torch.inference_mode()
def measure(way: str, seed: int) -> dict:
    """Ask at every length: -> length by length the share on punctuation, and the surprise at the true word."""
    tokenizer, at = load_tokenizer(), places(seed)
    model = load_gpt("tinygpt") if way == "GPT" else load_bert("tinybert")
    before = [tokenizer.cls_id] * (way != "GPT")
    after = {"GPT": [], "without [SEP]": [tokenizer.mask_id], "with [SEP]": [tokenizer.mask_id, tokenizer.sep_id]}[way]
    shares, nats = [], []
    for n in range(1, LONGEST + 1):
        text = book()[at[:, None] + torch.arange(-n, 0)]  # (N, n)
        ids = torch.cat([text.new_tensor(side).expand(len(at), -1) for side in (before,)] + [text]
                        + [text.new_tensor(after).expand(len(at), -1)], dim=1)  # fmt: skip
        if way == "GPT":
            logits = model.lm_head(model.encode(ids)[:, -1])  # (N, V)
        else:
            asked = torch.zeros_like(ids, dtype=torch.bool)
            asked[:, n + 1] = True
            logits = model(ids, positions=asked)[0]  # (N, V)
        shares.append(round(float(logits.softmax(dim=-1)[:, kinds()[1]].sum(dim=-1).mean()), 4))
        nats.append(round(float(F.cross_entropy(logits, book()[at])), 4))
    return {"way": way, "seed": seed, "on punctuation": shares, "nats": nats}


def rows() -> Iterator[Row]:
    data = (fingerprint(novels("test")["Persuasion"], str([places(seed).tolist() for seed in range(SEEDS)])),)
    for way, seeds in (("with [SEP]", SEEDS), ("without [SEP]", 1), ("GPT", 1)):
        for seed in range(seeds):
            source = "tinygpt" if way == "GPT" else "tinybert"
            yield Row(f"{way}, seed {seed}", partial(measure, way, seed), data, (source,), 60)


ABOUT = {"lengths": [1, LONGEST], "positions": POSITIONS}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
