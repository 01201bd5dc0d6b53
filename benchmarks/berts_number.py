"""What is BERT's loss over all mask rates, beside GPT's -ln p of the same rows and beside counting?

    python benchmarks/berts_number.py                 # every row that is missing or stale
    python benchmarks/berts_number.py TinyBERT        # those whose name has all of these words

Writes src/bertgpt_book/results/berts_number.json: nats per token of rows of 126 tokens that are spread evenly over
Persuasion, which none of the models has read. TinyBoth is asked as BERT is: it has met every rate in training. One row
has BERT's loss in GPT's order alone, which is exact. The second half of GPT's rows compares with its card, where only
tokens are predicted that have as much before them.

B rows, T tokens.
"""

import sys
from functools import cache, partial

import torch
from cards import LENGTH, at_blanks, framed, hidden_in, spread_rows
from experiments import Row, fingerprint, record
from torch import Tensor

from bertgpt import load_bert, load_both, load_gpt, load_tokenizer
from bertgpt.evaluation.ngrams import KneserNey, Unigram
from bertgpt.inference.scoring import blank_surprisal, log_likelihoods
from bertgpt.text.batching import draw_blanks
from bertgpt.text.corpora import CORPORA, novels
from bertgpt.text.data import encode_documents

NAME = "berts_number"
ROWS, READINGS = 252, 6  # each number of blanks, 1 to 126, comes up 12 times
READ = ("austen", "tales", "shakespeare")  # what the trigram counts: no stories


@cache
def texts(n_rows: int = ROWS) -> Tensor:
    """Cut the rows: -> (B, T)."""
    (ids,) = encode_documents({"Persuasion": novels("test")["Persuasion"]}, load_tokenizer())
    return spread_rows(ids, n_rows)


def over_all_rates(model, tokenizer, rows: Tensor, readings: int = READINGS) -> Tensor:
    """Compute the loss per blank, averaged over readings with different numbers of blanks: (B, T) -> (B,)."""
    may, found = torch.ones_like(rows, dtype=torch.bool), []
    for k in range(readings):
        n_blanks = (torch.arange(len(rows)) + k * LENGTH // readings) % LENGTH + 1  # (B,)
        blanks = draw_blanks(may, n_blanks, torch.Generator().manual_seed(k))  # (B, T)
        found.append(at_blanks(model, tokenizer, rows, blanks))
    return torch.stack(found).mean(dim=0)


def left_to_right(model, tokenizer, rows: Tensor) -> Tensor:
    """Take GPT's order: each token is asked for while it and all that follow are blank: (B, T) -> nats (B,)."""
    ids, total = framed(model, tokenizer, rows), torch.zeros(len(rows))
    for first in range(LENGTH):
        blanks = (torch.arange(LENGTH) >= first).expand(rows.shape)
        nats = blank_surprisal(model, ids, hidden_in(ids, blanks), tokenizer.mask_id)  # (B * (T - first),)
        total += nats.view(len(rows), -1)[:, 0]
    return total / LENGTH


def rounded(values) -> list[float]:
    return [round(float(value), 4) for value in values]


def of_bert(n_rows: int = ROWS) -> dict:
    return {"nats": rounded(over_all_rates(load_bert("tinybert"), load_tokenizer(), texts(n_rows)))}


def of_bert_in_order(n_rows: int = ROWS) -> dict:
    return {"nats": rounded(left_to_right(load_bert("tinybert"), load_tokenizer(), texts(n_rows)))}


def of_both(n_rows: int = ROWS) -> dict:
    return {"nats": rounded(over_all_rates(load_both("tinyboth"), load_tokenizer(), texts(n_rows)))}


def of_gpt(n_rows: int = ROWS, first: int = 0) -> dict:
    """Ask GPT for the tokens of each row from number `first` on; all before them are in view."""
    tokenizer, rows = load_tokenizer(), texts(n_rows).tolist()
    found = log_likelihoods(load_gpt("tinygpt"), [[tokenizer.eos_id]] * len(rows), rows)
    return {"nats": rounded(-logs[first:].mean() for logs in found)}


def of_counting(n_rows: int = ROWS, read: tuple[str, ...] = READ, counter: type[Unigram] = KneserNey) -> dict:
    """Let counts judge the rows: a trigram's, of the novels, tales and plays that the models have read."""
    tokenizer = load_tokenizer()
    ids = torch.cat([ids for name in read for ids in encode_documents(CORPORA[name]("train"), tokenizer, torch.int32)])
    counts = counter(tokenizer.vocab_size).fit(ids)
    return {"nats": rounded(-counts.log_probs(row).mean() for row in texts(n_rows).numpy()), "tokens": len(ids)}


SETTINGS = f"{ROWS} rows, {READINGS} readings"
DATA = (fingerprint(novels("test")["Persuasion"]), load_tokenizer().sha256(), SETTINGS)
ABOUT = {
    "command": "python benchmarks/berts_number.py",
    "seconds": "of the processor, one thread",
    "data": {"Persuasion": DATA[0], "settings": SETTINGS},
}


def rows() -> list[Row]:
    return [
        Row(name="TinyBERT", make=of_bert, weights=("tinybert",), data=DATA, seconds=45),
        Row(name="TinyBERT, left to right", make=of_bert_in_order, weights=("tinybert",), data=DATA, seconds=900),
        Row(name="TinyBoth", make=of_both, weights=("tinyboth",), data=DATA, seconds=45),
        Row(name="TinyGPT", make=of_gpt, weights=("tinygpt",), data=DATA, seconds=5),
        Row(
            name="TinyGPT, second half",
            make=partial(of_gpt, first=LENGTH // 2),
            weights=("tinygpt",),
            data=DATA,
            seconds=5,
        ),
        Row(name="trigram", make=of_counting, data=(*DATA, *READ), seconds=25),
        Row(name="unigram", make=partial(of_counting, counter=Unigram), data=(*DATA, *READ), seconds=10),
    ]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
