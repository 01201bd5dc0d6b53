"""What is BERT's loss over all mask rates, beside GPT's -ln p of the same rows and beside counting?

A row has nats per token of text rows spread evenly over Persuasion, which none of the models has read. TinyBoth is
asked as BERT is: it has met every rate in training. BERT's loss in GPT's order alone is exact. The second half of GPT's
rows compares with its card, where only tokens are predicted that have as much before them.

One row has -ln p of twelve rows of text, one of each group of 21, each written in twelve random orders. If orders
agree, the bound is exact; if they are far apart, the mean of the p may lie far below it. A dozen orders can lower the
bound; they cannot show that none of the others has a high p.

B rows, T tokens.
"""

from collections.abc import Iterator
from functools import cache, partial

import torch
from cards import LENGTH, at_blanks, framed, hidden_in, spread_rows
from experiments import Row, fingerprint, main, rounded
from torch import Tensor

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.evaluation.ngrams import KneserNey, Unigram
from bertgpt.inference.scoring import blank_surprisal, log_likelihoods
from bertgpt.text.batching import draw_blanks
from bertgpt.text.corpora import CORPORA, novels
from bertgpt.text.data import encode_documents
from bertgpt.weights.loading import load_model

NAME = "berts_number"
ROWS, READINGS = 252, 6  # each number of blanks, 1 to 126, comes up 12 times
GROUP, ORDERS = 21, 12  # of one row in each group of 21, the middle one
READ = ("austen", "tales", "shakespeare")  # what the trigram counts: no stories


@cache
def texts() -> Tensor:
    """Cut the rows: -> (B, T)."""
    (ids,) = encode_documents({"Persuasion": novels("test")["Persuasion"]}, load_tokenizer())
    return spread_rows(ids, ROWS)


def over_all_rates(model, tokenizer, rows: Tensor, readings: int = READINGS) -> Tensor:
    """Compute the loss per blank, averaged over readings with different numbers of blanks: (B, T) -> (B,)."""
    eligible, nats = torch.ones_like(rows, dtype=torch.bool), []
    for k in range(readings):
        n_blanks = (torch.arange(len(rows)) + k * LENGTH // readings) % LENGTH + 1  # (B,)
        blanks = draw_blanks(eligible, n_blanks, torch.Generator().manual_seed(k))  # (B, T)
        nats.append(at_blanks(model, tokenizer, rows, blanks))
    return torch.stack(nats).mean(dim=0)


def in_order(model, tokenizer, rows: Tensor, turns: Tensor) -> Tensor:
    """Write each row in an order of its own: a token is predicted while it and all whose turn is later are hidden.

    turns: (B, T), a permutation of 0 to T - 1 in each row -> nats per token (B,)
    """
    ids, total = framed(model, tokenizer, rows), torch.zeros(len(rows))
    for turn in range(LENGTH):
        blanks = turns >= turn  # (B, T)
        nats = blank_surprisal(model, ids, hidden_in(ids, blanks), tokenizer.mask_id)  # (B * (T - turn),)
        total += nats[turns[blanks] == turn]
    return total / LENGTH


def left_to_right(model, tokenizer, rows: Tensor) -> Tensor:
    """Take GPT's order: (B, T) -> nats per token (B,)."""
    return in_order(model, tokenizer, rows, torch.arange(LENGTH).expand(rows.shape))


def random_orders(model, tokenizer, rows: Tensor, n_orders: int) -> Tensor:
    """Write each row in several random orders: (B, T) -> nats per token (B, orders)."""
    generator = torch.Generator().manual_seed(0)
    turns = torch.rand(len(rows) * n_orders, LENGTH, generator=generator).argsort(dim=1)
    return in_order(model, tokenizer, rows.repeat_interleave(n_orders, dim=0), turns).view(len(rows), n_orders)


def masked(source: str, loss=over_all_rates) -> dict:
    """Compute a loss of BERT or TinyBoth."""
    return {"nats": rounded(loss(load_model(source), load_tokenizer(), texts()))}


def in_random_orders(n_orders: int = ORDERS) -> dict:
    """Let BERT write some rows in random orders: the rows' numbers, and nats per token, a list of orders each."""
    numbers = range(GROUP // 2, ROWS, GROUP)
    nats = random_orders(load_bert("tinybert"), load_tokenizer(), texts()[list(numbers)], n_orders)
    return {"rows": list(numbers), "nats": [rounded(row) for row in nats]}


def of_gpt(first: int = 0) -> dict:
    """Ask GPT for the tokens of each row from number `first` on; all before them are in view."""
    tokenizer, rows = load_tokenizer(), texts().tolist()
    log_probs = log_likelihoods(load_gpt("tinygpt"), [[tokenizer.eos_id]] * len(rows), rows)
    return {"nats": rounded(-row[first:].mean() for row in log_probs)}


def of_counting(counter: type[Unigram]) -> dict:
    """Let counts judge the rows: those of the novels, tales and plays that the models have read."""
    tokenizer = load_tokenizer()
    ids = torch.cat([ids for name in READ for ids in encode_documents(CORPORA[name]("train"), tokenizer, torch.int32)])
    counts = counter(tokenizer.vocab_size).fit(ids)
    return {"nats": rounded(-counts.log_probs(row).mean() for row in texts().numpy()), "tokens": len(ids)}


SETTINGS = f"{ROWS} rows, {READINGS} readings"
DATA = (fingerprint(novels("test")["Persuasion"]), load_tokenizer().sha256(), SETTINGS)
ABOUT = {"data": {"Persuasion": DATA[0], "settings": SETTINGS}}


def rows() -> Iterator[Row]:
    counted = (*DATA, *READ)
    yield Row("TinyBERT", partial(masked, "tinybert"), DATA, ("tinybert",), 45)
    yield Row("TinyBERT, left to right", partial(masked, "tinybert", left_to_right), DATA, ("tinybert",), 900)
    yield Row("TinyBERT, random orders", in_random_orders, (*DATA, f"{ORDERS} orders"), ("tinybert",), 330)
    yield Row("TinyBoth", partial(masked, "tinyboth"), DATA, ("tinyboth",), 45)
    yield Row("TinyGPT", of_gpt, DATA, ("tinygpt",), 5)
    yield Row("TinyGPT, second half", partial(of_gpt, LENGTH // 2), DATA, ("tinygpt",), 5)
    yield Row("trigram", partial(of_counting, KneserNey), counted, seconds=25)
    yield Row("unigram", partial(of_counting, Unigram), counted, seconds=10)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
