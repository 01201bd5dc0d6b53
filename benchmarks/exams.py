"""How do the models do in somebody else's tests: Zorro, BLiMP, and the ends of sentences that people were given?

A row per model and test, with a mark per pair, so that two models can be compared on the same pairs. The n-gram
models are counted on all texts that the shipped models learned from, once each. The two sides of the fair fight are
trained again (benchmarks/fair_fight.py), and sit Zorro at each of their first budgets.
"""

from collections.abc import Callable, Iterator
from functools import cache, partial

import fair_fight
import numpy as np
import torch
from experiments import Row, fingerprint, main

from bertgpt.text.corpora import CORPORA
from bertgpt.text.data import encode_documents
from bertgpt.text.vocabularies import course_tokenizer
from bertgpt.weights.loading import load_model
from bertgpt.weights.pretrained import load_tokenizer
from bertgpt_book.exams import exams
from bertgpt_book.exams.sentences import encode_sentences, score_minimal_pairs
from bertgpt_book.modern.model import OpenDecoder
from bertgpt_book.modern.open_mask import FILLERS, open_mask
from bertgpt_book.modern.weights import share_weights
from bertgpt_book.modern.wheels import SMOLLM2
from bertgpt_book.statistics.ngrams import KneserNey, Unigram
from bertgpt_book.tasks.fair_fight import ARMS

NAME = "exams"
DRAWN = {"zorro": 200, "blimp": 50, "ends": 1000}  # pairs a paradigm, at most
SQUARE = f"{SMOLLM2} under the square"  # its mask opened, and nothing else
OPENED = f"{SMOLLM2} opened"  # with the adapter that has learned to fill blanks
MODELS = ("littlegpt", "littlebert", "littleboth", SMOLLM2, SQUARE, OPENED)
FEWER = dict.fromkeys((SMOLLM2, SQUARE, OPENED), {"zorro": 10, "blimp": 5})  # the first of these
FEW_WAYS = ("left to right", "the difference hidden", "beginning read both ways")  # to hide each token is dear
COUNTERS = {"unigram": Unigram, "bigram": partial(KneserNey, order=2), "trigram": KneserNey}
FIGHTERS = ("GPT", "BERT")
BUDGETS = (0, 500, 1000, 2000)  # steps of 1,024 tokens
WAYS = {"causal": "left to right", "bidirectional": "the difference hidden"}  # how a model of each order sits
PEERS = ("n-gram", "LSTM", "Transformer-XL", "GPT-2")
PUBLISHED = [list(map(float, row[1:])) for row in exams.read_rows("blimp_published.tsv")]  # of each paradigm
ABOUT = {
    "drawn": DRAWN,
    "published": {name: 100 * float(np.mean(shares)) for name, shares in zip(PEERS, zip(*PUBLISHED))},
}


@cache
def read(exam: str) -> dict[str, list[exams.Pair]]:
    return exams.EXAMS[exam]()


@cache
def drawn(exam: str, model: str = "") -> dict[str, list[exams.Pair]]:
    return exams.draw(read(exam), FEWER.get(model, DRAWN).get(exam, DRAWN[exam]))


def sit(exam: str, score: Callable, model: str = "") -> dict:
    """Let a model sit a test: score(right, wrong) -> way -> the scores of both, (n,) each.

    -> of each way the mean share over the paradigms with both intervals of `exams.summarise`, and the marks of each
    paradigm, a string of n: "1", "0", "=" for a tie
    """
    marks: dict[str, dict[str, np.ndarray]] = {}
    for paradigm, pairs in drawn(exam, model).items():
        for way, scores in score(*zip(*pairs)).items():
            marks.setdefault(way, {})[paradigm] = exams.preferences(*scores)
    ways = {}
    for way, of_paradigms in marks.items():
        found = exams.summarise({name: 100 * each for name, each in of_paradigms.items()})
        ways[way] = {
            "right, %": {"mean": found["mean"], "interval": found["pairs"]},
            "other paradigms, %": {"mean": found["mean"], "interval": found["paradigms"]},
            "marks": {name: "".join("0=1"[int(2 * mark)] for mark in each) for name, each in of_paradigms.items()},
        }
    return {"exam": exam, "ways": ways}


def source_of(name: str) -> str:
    return SMOLLM2 if name in (SQUARE, OPENED) else name


def trained(exam: str, name: str) -> dict:
    """Let a model that can be had sit a test."""
    source = source_of(name)
    ways = FEW_WAYS if name == "littleboth" and exam != "ends" else None
    model, tokenizer = load_model(source), load_tokenizer(source)
    if name in (SQUARE, OPENED):
        ways = ("the difference hidden",)
        practised, tokenizer = open_mask(model, tokenizer, FILLERS[SMOLLM2])
        model = practised if name == OPENED else share_weights(model, OpenDecoder)
    return sit(exam, partial(score_minimal_pairs, model, tokenizer, ways=ways), name)


@cache
def training_ids() -> torch.Tensor:
    """Encode all texts that the shipped models learned from: -> (n,)."""
    groups = (encode_documents(texts("train"), course_tokenizer()) for texts in CORPORA.values())
    return torch.cat([ids for group in groups for ids in group])


@cache
def counter(name: str) -> Unigram:
    return COUNTERS[name](course_tokenizer().vocab_size).fit(training_ids())


def counted(exam: str, name: str) -> dict:
    """Let an n-gram model sit a test."""
    tokenizer = course_tokenizer()

    def score(right, wrong):
        sums = []
        for each in encode_sentences([*right, *wrong], tokenizer):
            logs = counter(name).log_probs([tokenizer.eos_id, *each.ids])[1:]  # (n,)
            sums.append(logs[each.start : each.stop].sum())
        return {"left to right": (sums[: len(right)], sums[len(right) :])}

    return sit(exam, score)


def fighter(arm: str, steps: int, seed: int) -> dict:
    """Train one side of the fair fight, and let it sit Zorro under the mask that it was trained with."""
    model, tokenizer = fair_fight.trained(arm, seed, steps), fair_fight.tokenizer()
    score = partial(score_minimal_pairs, model, tokenizer, ways=[WAYS[ARMS[arm].order]])
    return {"arm": arm, "steps": steps, "seed": seed, **sit("zorro", score)}


def digest(exam: str, model: str = "") -> str:
    """Fingerprint the pairs that a model sits."""
    return fingerprint(*(str(pair) for each in drawn(exam, model).values() for pair in each))


def rows() -> Iterator[Row]:
    texts = tuple(fingerprint(*texts("train").values()) for texts in CORPORA.values())
    for exam in DRAWN:
        for name in MODELS:
            weights = (source_of(name),)
            yield Row(f"{name}, {exam}", partial(trained, exam, name), (digest(exam, name),), weights, seconds=200)
        pairs = digest(exam)
        for name in COUNTERS:
            yield Row(f"{name}, {exam}", partial(counted, exam, name), (pairs, *texts), seconds=30)
        if exam == "zorro":
            for steps in BUDGETS:
                for arm in FIGHTERS:
                    name = f"fair fight, {arm}, {steps} steps, seed 0"
                    data = (pairs, fingerprint(fair_fight.tokenizer().backend.to_str()))
                    yield Row(name, partial(fighter, arm, steps, 0), data, seconds=60 + steps * 0.05)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
