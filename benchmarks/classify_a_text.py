"""What is reading worth to a classifier of film snippets, and whose work is it?

Six hundred labels, and two hundred more that only tell when to stop: MiniLM through transformers, our BERT and our GPT,
the twin of each with random weights, and a list of words. Every model learns with all its weights, at one rate, in
batches of texts of like length; of its rounds over the labels the one with the lowest loss on the held-back texts is
kept, and the 2,046 test snippets are asked once. Rates and numbers of rounds were set beforehand: a twin has three
times MiniLM's rate and more rounds, since at MiniLM's its loss stays at ln 2 (that row is here, too).

Three draws of the labels, the same for all; a larger number of labels holds the smaller one of the same draw. The list
of words needs nothing held back, and so is fitted a second time with those labels, too.
Rows *vectors* have no layers at all: the average of a text's word vectors under a logistic regression, on the draws of
few_labels. They ask whether an untrained model is more than that.
"""

import random
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from experiments import Row, fingerprint, main
from torch import Tensor, nn

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.model.heads import ClassificationHead
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt.weights.hub import MINILM
from bertgpt_book.modern.wheels import WHEELS, find
from bertgpt_book.statistics.metrics import wilson
from bertgpt_book.tasks.classification import by_words, fit_layer, frame_texts
from bertgpt_book.tasks.finetuning import HeadedModel
from bertgpt_book.tasks.labelled import Labelled, movie_snippets, subset

NAME = "classify_a_text"
DRAWS, BATCH, MAX_TOKENS = 3, 32, 64
ROUNDS = {100: 8, 300: 6, 600: 5, 2000: 3}  # labels -> rounds of MiniLM
COUNTED = (100, 300, 600, 2000, 4000, 7800)  # labels of the list of words
OURS = {"our BERT": (load_bert, "littlebert"), "our GPT": (load_gpt, "littlegpt")}
SPLITS = {split: movie_snippets(split) for split in ("train", "test")}
DATA = {f"sentiment, {name}": fingerprint(*each.texts, *map(str, each.labels)) for name, each in SPLITS.items()}
ABOUT = {
    "data": DATA,
    "settings": "one thread, float32; AdamW, one rate, no schedule; batches of 32 of like length, 64 tokens at most",
}
SHOWN = (  # what the page types; no row was chosen by them
    "The movie is a trove of delights.",
    "A cinematic sleeping pill of impressive potency.",
    "Cinematic poo.",
    "I simply can't recommend it enough.",
    "I laughed from start to finish.",
)


def drawn(draw: int, n_labels: int) -> tuple[Labelled, Labelled]:
    """Draw labelled texts to learn from, and a third as many, at most 200, that tell when to stop."""
    n = len(SPLITS["train"].texts)
    order = random.Random(f"draw {draw}").sample(range(n), n)
    held_back = min(n_labels // 3, 200)
    return subset(SPLITS["train"], order[:n_labels]), subset(SPLITS["train"], order[-held_back:])


def marks(answers: list[int]) -> dict:
    """Compare classes with the test's: -> accuracy with its 95 % interval, and a "1" or "0" per text."""
    right = np.equal(answers, SPLITS["test"].labels)
    return {
        "accuracy": float(right.mean()),
        "interval": wilson(int(right.sum()), len(right)),
        "right": "".join(map(str, right.astype(int))),
    }


class Reader:
    """A model under a head, and the rows of ids that it reads."""

    def __init__(self, model: nn.Module, rows: Callable[[list[str]], list[list[int]]], pad_id: int, run: Callable):
        self.model, self.rows, self.pad_id, self.run = model, rows, pad_id, run

    def logits(self, rows: list[list[int]], masked: bool = True) -> Tensor:
        """Read a batch of rows: -> (B, C); without the mask padding counts as text."""
        ids, mask = pad(rows, self.pad_id)  # (B, T)
        return self.run(self.model, ids, mask if masked else torch.ones_like(mask))

    @torch.inference_mode()
    def answer(self, texts: list[str], by_length: bool = True, masked: bool = True) -> Tensor:
        """Read texts, without dropout: -> (n, C)."""
        self.model.eval()
        rows, logits = self.rows(texts), torch.zeros(len(texts), 2)  # (n, C)
        in_turn = [[*range(i, min(i + BATCH, len(rows)))] for i in range(0, len(rows), BATCH)]
        for some in length_sorted_batches(rows, BATCH) if by_length else in_turn:
            logits[some] = self.logits([rows[i] for i in some], masked)
        return logits


def minilm(pretrained: bool) -> Reader:
    """Open MiniLM as transformers does, or a twin of it with random weights, under a new head."""
    from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    folder, kind = find(MINILM), AutoModelForSequenceClassification
    if pretrained:
        model = kind.from_pretrained(folder, num_labels=2)
    else:
        model = kind.from_config(AutoConfig.from_pretrained(folder, num_labels=2))
    tokenizer = AutoTokenizer.from_pretrained(folder)

    def rows(texts):
        return tokenizer(texts, truncation=True, max_length=MAX_TOKENS)["input_ids"]

    def run(model, ids, mask):
        return model(input_ids=ids, attention_mask=mask).logits

    return Reader(model, rows, tokenizer.pad_token_id, run)


def ours(name: str, pretrained: bool) -> Reader:
    """Open our BERT or our GPT, or a twin with random weights, under a new head on the average of its states."""
    load, weights = OURS[name]
    encoder, tokenizer = load(weights), load_tokenizer()
    encoder = encoder if pretrained else type(encoder)(encoder.config)
    model = HeadedModel(encoder, ClassificationHead(encoder.config, n_classes=2, pooling="mean"))

    def run(model, ids, mask):
        return model({"input_ids": ids, "attention_mask": mask})

    return Reader(model, lambda texts: frame_texts(encoder, tokenizer, texts, MAX_TOKENS), tokenizer.pad_id, run)


def learn(reader: Reader, draw: int, n_labels: int, rounds: int, rate: float, by_coin: bool = False) -> dict:
    """Let all weights learn, keep the round with the lowest held-back loss, and ask the test once: -> a row.

    rounds, of the row: training loss and share right, as met in training, then the same of the texts held back
    """
    training, held_back = drawn(draw, n_labels)
    labels = torch.tensor(training.labels)
    if by_coin:
        labels = torch.randint(2, (n_labels,))
    rows, history, best = reader.rows(training.texts), [], {}
    optimiser = torch.optim.AdamW(reader.model.parameters(), lr=rate)
    for _ in range(rounds):
        reader.model.train()
        losses, hits = torch.zeros(n_labels), torch.zeros(n_labels)  # (n,) each
        batches = length_sorted_batches(rows, BATCH)
        for which in torch.randperm(len(batches)).tolist():
            some = batches[which]
            logits = reader.logits([rows[i] for i in some])
            loss = F.cross_entropy(logits, labels[some], reduction="none")
            loss.mean().backward()
            optimiser.step()
            optimiser.zero_grad()
            losses[some], hits[some] = loss.detach(), (logits.argmax(dim=-1) == labels[some]).float()
        new, true = reader.answer(held_back.texts), torch.tensor(held_back.labels)
        history.append(
            {
                "loss": losses.mean().item(),
                "right": hits.mean().item(),
                "held_back_loss": F.cross_entropy(new, true).item(),
                "held_back_right": (new.argmax(dim=-1) == true).double().mean().item(),
            }
        )
        if history[-1]["held_back_loss"] == min(each["held_back_loss"] for each in history):
            best = {name: value.clone() for name, value in reader.model.state_dict().items()}
    reader.model.load_state_dict(best)
    kept = min(range(rounds), key=lambda i: history[i]["held_back_loss"])
    answers = reader.answer(SPLITS["test"].texts).argmax(dim=-1).tolist()
    return {
        "learning_rate": rate,
        "held_back": len(held_back.texts),
        "rounds": history,
        "kept": kept + 1,
        **marks(answers),
    }


def fine_tuned(name: str, pretrained: bool, draw: int, n_labels: int, rounds: int, rate: float, **options) -> dict:
    torch.manual_seed(draw)
    reader = minilm(pretrained) if name == "MiniLM" else ours(name, pretrained)
    row = learn(reader, draw, n_labels, rounds, rate, **options)
    if name == "MiniLM" and pretrained and n_labels == 600 and not options:
        blind = reader.answer(SPLITS["test"].texts, by_length=False, masked=False).argmax(dim=-1)
        row["without_mask"] = marks(blind.tolist())["accuracy"]
        row["shown"] = dict(zip(SHOWN, reader.answer([*SHOWN]).softmax(dim=-1)[:, 1].tolist()))
    return row


def counted(n_labels: int) -> dict:
    """Fit the list of words on each draw, with and without the labels that a model holds back."""
    rows, more = [], []
    for draw in range(DRAWS):
        training, held_back = drawn(draw, n_labels)
        both = Labelled(training.texts + held_back.texts, training.labels + held_back.labels, training.names)
        rows.append(marks(by_words(training, SPLITS["test"])(range(n_labels))))
        more.append(marks(by_words(both, SPLITS["test"])(range(len(both.texts))))["accuracy"])
    return {
        "accuracy": [row["accuracy"] for row in rows],
        "with_held_back": more,
        "right": [row["right"] for row in rows],
    }


def vectors(source: str | None, seed: int, sizes=(600, 8000), n_draws: int = 10) -> dict:
    """Average a text's word vectors, random ones or a model's, and fit a layer on them.

    curve: labels -> accuracy of each draw
    """
    tokenizer, training, test = load_tokenizer(), SPLITS["train"], SPLITS["test"]
    load, weights = OURS[source or "our BERT"]
    model = load(weights)
    torch.manual_seed(seed)
    shape = (model.config.vocab_size, model.config.d_model)  # (V, D)
    table = torch.randn(shape) if source is None else model.embeddings.token.weight.detach()

    def averaged(texts):  # (n, D), without the frame
        return torch.stack([table[tokenizer.encode(f" {text}")[:MAX_TOKENS]].mean(dim=0) for text in texts])

    known, new, curve = averaged(training.texts), averaged(test.texts), {}
    for size in sizes:
        curve[str(size)] = []
        for i in range(n_draws):
            chosen = random.Random(f"{size} labels, draw {i}").sample(range(len(training.texts)), size)
            layer = fit_layer(known[chosen], [training.labels[j] for j in chosen])
            curve[str(size)].append(float(np.mean(np.equal(layer(new).argmax(dim=-1).tolist(), test.labels))))
    return {"curve": curve}


def rows() -> Iterator[Row]:
    data = tuple(DATA.values())
    for n_labels in COUNTED:
        yield Row(f"list of words, {n_labels} labels", partial(counted, n_labels), data, seconds=3)
    for seed in range(3):
        yield Row(f"vectors, random, seed {seed}", partial(vectors, None, seed), data, seconds=20)
    for name, (_, weights) in OURS.items():
        yield Row(f"vectors, {name}'s", partial(vectors, name, 0), data, (weights,), 20)

    def row(name, pretrained, draw, n_labels, rounds, rate, seconds, **options):
        made = partial(fine_tuned, name, pretrained, draw, n_labels, rounds, rate, **options)
        start = "" if pretrained else ", random weights"
        told = f"{name}{start}, {n_labels} labels{' by a coin' if options else ''}, rate {rate:g}, draw {draw}"
        if name == "MiniLM":  # pinned, and not found by its name on every machine
            return Row(told, made, (*data, WHEELS[MINILM].files["model.safetensors"][:12]), seconds=seconds)
        return Row(told, made, data, (OURS[name][1],), seconds)

    for n_labels, rounds in ROUNDS.items():
        for draw in range(DRAWS):
            yield row("MiniLM", True, draw, n_labels, rounds, 1e-4, 40 + n_labels * rounds // 30)
    yield row("MiniLM", True, 0, 600, 5, 1e-4, 100, by_coin=True)
    for draw in range(DRAWS):
        yield row("MiniLM", False, draw, 600, 12, 3e-4, 300)
    yield row("MiniLM", False, 0, 600, 5, 1e-4, 120)
    for name in OURS:
        for pretrained in (True, False):
            for draw in range(DRAWS):
                yield row(name, pretrained, draw, 600, 6 if pretrained else 12, 3e-4, 60 if pretrained else 100)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
