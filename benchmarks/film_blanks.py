"""What does our BERT say at the blanks of film reviews, before and after it has read some, through transformers?

`AutoModelForMaskedLM` and `DataCollatorForLanguageModeling`, as one would do it at work: once through 1,600 training
snippets, or through all but 512, AdamW, batches of 32. Measured on 512 test snippets, hidden once and for all: over all
that the collator asks, and at [MASK] alone. One learning rate was tried, on the 512 that are left out. The five blanks
were written before anything was trained.

The controls: as many steps on *Emma*, of which our BERT has read every line; random weights on the snippets; and counts
of all the snippets but 512. What could come out: more steps on any text do as much, or it is these texts; and with
random weights as much, or it is what our BERT has brought along. What it costs is the loss on *Persuasion*, hidden in
the same way. The test is also hidden ten times anew, as the collator does it if it is asked at each evaluation: how far
does the loss move if nothing has been learned?
"""

import tempfile
from collections.abc import Iterator
from functools import cache, partial

import numpy as np
import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main
from transformers import AutoConfig, AutoModelForMaskedLM, AutoTokenizer, DataCollatorForLanguageModeling

from bertgpt import load_bert, load_tokenizer, save_pretrained
from bertgpt.text.corpora import novels, sentences
from bertgpt_book.statistics.ngrams import BothSides
from bertgpt_book.tasks.labelled import movie_snippets

NAME = "film_blanks"
BLANKS = (
    "It is one of the best [MASK] of the year.",
    "The [MASK] is slow, but the acting is good.",
    "A [MASK] and touching story.",
    "The director has made a very [MASK] movie.",
    "It is not a good [MASK].",
)
LEFT_OUT, TESTED, LENGTH, BATCH, RATE = 512, 512, 64, 32, 3e-4
SOME = 1600  # snippets that are read, in 50 steps
REDRAWN = 10  # times that the test is hidden anew


def plain(text: str, n: int | None) -> list[str]:
    """Cut a novel into its first n sentences, each in one line."""
    return [" ".join(sentence.split()) for sentence in sentences(text)][:n]


@cache
def folder() -> str:
    """Write our BERT with its tokenizer, as transformers opens them."""
    path = tempfile.mkdtemp()
    save_pretrained(load_bert("littlebert"), path, tokenizer=load_tokenizer())
    return path


@cache
def tokenizer():
    return AutoTokenizer.from_pretrained(folder())


def encoded(texts: list[str]) -> list:
    return [tokenizer()(text, truncation=True, max_length=LENGTH) for text in texts]


def hidden(texts: list[str], seed: int) -> list[dict]:
    """Hide 15 % of some texts by the collator: -> batches of 64."""
    rows, collate = encoded(texts), DataCollatorForLanguageModeling(tokenizer(), mlm_probability=0.15, seed=seed)
    return [collate(rows[start : start + 64]) for start in range(0, len(rows), 64)]


@torch.inference_mode()
def measure(model, batches: list[dict]) -> dict[str, float]:
    """Compute the mean loss over all that is asked, the same at [MASK] alone, and the share right there, in percent."""
    model.eval()
    nats, at_mask, right = [], [], []
    for batch in batches:
        asked = batch["labels"] != -100  # (B, T)
        logits, labels = model(**batch).logits[asked], batch["labels"][asked]  # (N, V), (N,)
        nats.append(F.cross_entropy(logits, labels, reduction="none"))
        at_mask.append(batch["input_ids"][asked] == tokenizer().mask_token_id)
        right.append(logits.argmax(dim=-1) == labels)
    nats, at_mask, right = torch.cat(nats), torch.cat(at_mask), torch.cat(right)
    figures = {"all that is asked": nats, "at [MASK]": nats[at_mask], "right at [MASK], %": 100.0 * right[at_mask]}
    return {name: round(float(values.mean()), 4) for name, values in figures.items()}


@torch.inference_mode()
def say(model) -> list[list]:
    """Fill the five blanks: -> three guesses each, with their probabilities."""
    model.eval()
    said = []
    for text in BLANKS:
        ids = tokenizer()(text, return_tensors="pt")
        at = ids["input_ids"][0] == tokenizer().mask_token_id  # (T,)
        best = model(**ids).logits[0, at][0].softmax(dim=-1).topk(3)
        words = [tokenizer().decode([token]).strip() for token in best.indices.tolist()]
        said.append([[word, round(p, 3)] for word, p in zip(words, best.values.tolist())])
    return said


def open_model(random: bool, seed: int):
    if random:
        torch.manual_seed(seed)
        return AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(folder()))
    return AutoModelForMaskedLM.from_pretrained(folder())


def read(model, texts: list[str], seed: int) -> None:
    """Train once through some texts, in an order that the seed draws."""
    rows, collate = encoded(texts), DataCollatorForLanguageModeling(tokenizer(), mlm_probability=0.15, seed=seed)
    optimiser = torch.optim.AdamW(model.parameters(), RATE)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed)).tolist()
    model.train()
    for start in range(0, len(rows) - BATCH + 1, BATCH):
        loss = model(**collate([rows[i] for i in order[start : start + BATCH]])).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()


def run(what: str, random: bool, seed: int, n: int | None = SOME, tested: int = TESTED) -> dict:
    """Let a model read once: -> its losses, and what it says."""
    texts = movie_snippets("train").texts[:-LEFT_OUT][:n]
    if what == "Emma":
        texts = plain(novels("train")["Emma"], len(texts))
    model = open_model(random, seed)
    if what != "nothing":
        read(model, texts, seed)
    tests = {"snippets": movie_snippets("test").texts[:tested]}
    tests["Persuasion"] = plain(novels("test")["Persuasion"], tested)
    losses = {name: measure(model, hidden(test, 0)) for name, test in tests.items()}
    return {"read": len(texts) if what != "nothing" else 0, "losses": losses, "says": say(model)}


def redrawn(n: int = REDRAWN, tested: int = TESTED) -> dict:
    """Measure the untouched model on the test, hidden anew each time."""
    model, films = open_model(False, 0), movie_snippets("test").texts[:tested]
    found = [measure(model, hidden(films, seed)) for seed in range(n)]
    return {name: [each[name] for each in found] for name in found[0]}


def counted(tested: int = TESTED) -> dict:
    """Count the snippets, and answer at the same [MASK]s: -> count -> nats, and share right in percent."""
    rows = [row["input_ids"] for row in encoded(movie_snippets("train").texts[:-LEFT_OUT])]
    both = BothSides(len(tokenizer())).fit(np.concatenate(rows))
    left, right, true = [], [], []
    for batch in hidden(movie_snippets("test").texts[:tested], 0):
        at = (batch["labels"] != -100) & (batch["input_ids"] == tokenizer().mask_token_id)
        for side, shift in ((left, 1), (right, -1)):
            side.append(batch["input_ids"].roll(shift, dims=1)[at].numpy())
        true.append(batch["labels"][at].numpy())
    before, after, hidden_ids = map(np.concatenate, (left, right, true))
    tables = {"frequency": np.broadcast_to(both.unigram, (len(hidden_ids), len(both.unigram)))}
    tables["both neighbours"] = both.probs(before, after)
    return {
        name: {
            "at [MASK]": round(float(-np.log(p[np.arange(len(hidden_ids)), hidden_ids]).mean()), 4),
            "right at [MASK], %": round(100 * float((p.argmax(axis=1) == hidden_ids).mean()), 2),
        }
        for name, p in tables.items()
    }


def rows() -> Iterator[Row]:
    ways = [("nothing", False, 0), *(("snippets", False, seed) for seed in range(3))]
    for what, random, seed in [*ways, ("Emma", False, 0), ("snippets", True, 0)]:
        name = f"{'random weights' if random else 'our BERT'}, read {what}, seed {seed}"
        yield Row(name, partial(run, what, random, seed), DATA, ("littlebert",), seconds=60)
    yield Row("hidden anew", redrawn, DATA, ("littlebert",), seconds=40)
    yield Row("counts", counted, DATA, (), seconds=20)
    name = "our BERT, read all snippets but 512, seed 0"
    yield Row(name, partial(run, "snippets", False, 0, None), DATA, ("littlebert",), seconds=200)


DATA = tuple(fingerprint(*movie_snippets(split).texts) for split in ("train", "test"))
ABOUT = {
    "blanks": BLANKS,
    "settings": {"rate": RATE, "batch": BATCH, "length": LENGTH, "read": SOME, "left out": LEFT_OUT, "tested": TESTED},
    "data": dict(zip(("train", "test"), DATA)),
}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
