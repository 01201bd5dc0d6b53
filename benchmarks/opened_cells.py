"""Which cells of the square help, and which disturb? A GPT's mask and our Both's, opened a part at a time.

One token is hidden, and asked for one position before it, three tokens in each of 40 windows of *Persuasion*, those of
the page *Why not both?*. Beside triangle and square there is a mask for each suspicion: the blank's own column closed,
since no GPT has ever met a blank; the answering row alone opened; and that row opened to the first 1, 2, 4, ... tokens
after the blank, with the blank out of its sight. The last row of a model reads a prefix both ways, the rest from left
to right. Each number is nats per window, so that any two masks can be compared in pairs.

B blanks, T tokens, W windows.
"""

from collections.abc import Iterator
from functools import cache, partial

import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt.inference.probes import masked_by
from bertgpt.model.masks import causal_mask
from bertgpt.text.batching import draw_blanks, generator_for
from bertgpt.text.corpora import novels
from bertgpt.text.data import LMBatches, encode_documents
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.weights.loading import load_both

NAME = "opened_cells"
MODELS = ("littlegpt", "littleboth")
WINDOWS, LENGTH, BLANKS, PREFIX = 40, 126, 3, 64
NEAR = (1, 2, 4, 8, 16, 32)  # tokens after the blank


@cache
def windows(n: int) -> tuple[Tensor, Tensor]:
    """Cut n windows, and choose the tokens to hide: -> ids (W, 1 + LENGTH) after <eos>, positions (W, BLANKS)."""
    (novel,) = encode_documents(novels("test"), course_tokenizer())
    rows = LMBatches([novel], LENGTH, n, seed=3).sample(0)["input_ids"]  # (W, LENGTH)
    may, hidden = torch.ones_like(rows, dtype=torch.bool), round(0.15 * LENGTH)
    drawn = draw_blanks(may, torch.full((n,), hidden), generator_for(15, 0))  # (W, LENGTH)
    at = 1 + drawn.nonzero()[:, 1].view(n, hidden)[:, :: hidden // BLANKS + 1]  # (W, BLANKS)
    return F.pad(rows, (1, 0), value=course_tokenizer().eos_id), at


def masks_for(at: Tensor, length: int) -> dict[str, Tensor]:
    """Build the masks of rows with a blank each: at (B,) -> name -> (B, T, T) bool."""
    place, k = torch.arange(length), at[:, None, None]
    row, column = place[:, None], place
    triangle = causal_mask(length).expand(len(at), -1, -1)
    square = torch.ones_like(triangle)
    blank = column == k  # a column
    answers, itself = row == k - 1, row == column
    return {
        "triangle": triangle,
        "square": square,
        "square, blank unseen": square & ~blank | itself,
        "triangle, blank seen": triangle | answers & blank,
        "answering row opened": triangle | answers,
        "answering row opened, blank unseen": triangle & ~blank | itself | answers & ~blank,
        **{f"{n} after the blank": triangle | answers & (column > k) & (column <= k + n) for n in NEAR},
        "1 after the blank, blank unseen": triangle & ~blank | itself | answers & (column == k + 1),
    }


@torch.inference_mode()
def at_blanks(source: str, name: str) -> dict:
    """Compute the mean surprise of each window's hidden tokens, each hidden alone: -> nats (W,)."""
    model, (ids, at), nats = load_both(source), windows(WINDOWS), []
    for places in at.unbind(1):  # (W,)
        holed = ids.scatter(1, places[:, None], course_tokenizer().mask_id)  # (W, T)
        with masked_by(model, masks_for(places, ids.size(1))[name][:, None]):
            states = model.encode(holed)[range(len(ids)), places - 1]  # (W, D)
        nats.append(F.cross_entropy(model.lm_head(states), ids[range(len(ids)), places], reduction="none"))
    return summed(torch.stack(nats).mean(dim=0))


@torch.inference_mode()
def after_prefix(source: str, read_both_ways: bool) -> dict:
    """Compute the mean surprise after the first PREFIX tokens, read both ways or from the left: -> nats (W,)."""
    model, (ids, _) = load_both(source), windows(WINDOWS)
    logits = model(ids, order=1 + PREFIX if read_both_ways else "causal")[:, PREFIX:-1]  # (W, LENGTH - PREFIX, V)
    return summed(F.cross_entropy(logits.mT, ids[:, 1 + PREFIX :], reduction="none").mean(dim=1))


def summed(nats: Tensor) -> dict:
    return {"nats": round(nats.mean().item(), 4), "each": [round(x, 4) for x in nats.tolist()]}


def rows() -> Iterator[Row]:
    data = (fingerprint(str([part.tolist() for part in windows(WINDOWS)])),)
    for source in MODELS:
        for name in masks_for(torch.tensor([2]), 4):
            key = {"model": source, "asked": name}
            yield Row(f"{source}, {name}", partial(at_blanks, source, name), data, (source,), 6, key)
        for both_ways, name in ((False, "after a prefix, triangle"), (True, "after a prefix, prefix mask")):
            key = {"model": source, "asked": name}
            yield Row(f"{source}, {name}", partial(after_prefix, source, both_ways), data, (source,), 3, key)


ABOUT = {
    "windows": WINDOWS,
    "tokens": LENGTH,
    "hidden in turn": BLANKS,
    "prefix": PREFIX,
    "text": "Persuasion",
    "data": {"Persuasion": fingerprint(*novels("test").values())},
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
