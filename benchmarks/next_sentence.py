"""Which of ten texts comes next, in a novel and in plays that no model here has read?

    python benchmarks/next_sentence.py                     # every row that is missing or stale
    python benchmarks/next_sentence.py Persuasion GPT      # those whose name has all of these words

Writes src/bertgpt/assets/results/next_sentence.json, a row a method and a text: the credit of each item, 1 where the
true text comes first, its share of the place where it ties. 360 sentences of *Persuasion* after the two before them,
360 replies of three plays after the two speeches before them; nine others of the same work and of like length beside
each. No setting was chosen on them.

All of it takes about 700 seconds of a core, most of them for the pseudo-likelihood, a pass for every token of every
candidate: it is asked about every third item only, and reads 40 tokens of what stands before.
All but the next-sentence head compute in bfloat16; what a candidate has without a context is asked for once.
"""

import sys

import candidate_scores
import numpy as np
import torch
from candidate_scores import shared_words, vector_scores
from experiments import MODELS, Row, record

from bertgpt import load_tokenizer
from bertgpt.book.records import fingerprint
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.tasks.dialogue import (
    NextSentenceScore,
    conditional_pseudo_scores,
    pair_scores,
    reply_prompts,
    top1_credit,
)
from bertgpt.tasks.labelled import Reply, next_sentences, replies
from bertgpt.tasks.prompting import likelihood_scores
from bertgpt.text.tokenizer import spaced
from bertgpt.training.finetuning import HeadedModel
from bertgpt.weights.pretrained import load_both

NAME = "next_sentence"
WORKS = {"Persuasion": next_sentences, "plays": lambda: replies("test")}
EVERY = {"blanks": 3}                    # of the items, where a method is too slow to be asked about all
IN_VIEW = 40                             # tokens of what stands before, for the pseudo-likelihood


def texts_of(items: list[Reply]) -> tuple[list[str], list[list[str]]]:
    """Give what a model reads: the two texts before, joined, and the candidates."""
    return [" ".join(item.before) for item in items], [item.candidates for item in items]


def likelihood_texts(work: str, items: list[Reply]) -> tuple[list[str], list[str], list[list[str]]]:
    """Write what a GPT reads: prompts, a prompt that gives nothing away for each, candidates.

    It is a speaker's name in a play, and the full stop behind any sentence in the novel.
    """
    firsts, candidates = texts_of(items)
    if work == "plays":
        prompts, without = zip(*reply_prompts(items, "test"))
        return list(prompts), list(without), candidates
    return ([spaced(first) for first in firsts], ["."] * len(items),
            [[spaced(text) for text in row] for row in candidates])


def by_words(work: str, items: list[Reply]) -> dict:
    return {"shared words": shared_words(*texts_of(items))}


def by_likelihood(source_of: str, work: str, items: list[Reply]) -> dict:
    load, source = MODELS[source_of]
    with torch.autocast("cpu", torch.bfloat16):
        return likelihood_scores(load(source), load_tokenizer(source), *likelihood_texts(work, items))


def by_blanks(source_of: str, work: str, items: list[Reply]) -> dict:
    source = MODELS[source_of][1]
    model = load_both(source) if source_of == "TinyBoth" else MODELS[source_of][0](source)
    with torch.autocast("cpu", torch.bfloat16):
        return conditional_pseudo_scores(model, load_tokenizer(source), *texts_of(items), longest=IN_VIEW)


def by_next_sentence_head(work: str, items: list[Reply]) -> dict:
    bert = MODELS["TinyBERT"][0]("tinybert")
    model = HeadedModel(bert, NextSentenceScore(bert))
    return {"next-sentence head": pair_scores(model, load_tokenizer(), *texts_of(items))}


def by_vectors(source_of: str, work: str, items: list[Reply]) -> dict:
    load, source = MODELS[source_of]
    with torch.autocast("cpu", torch.bfloat16):
        return {"vectors": vector_scores(load(source), load_tokenizer(source), *texts_of(items))}


def grade(work: str, score, n_items: int | None = None, every: int = 1) -> dict:
    """Ask one method: -> way of reading its scores -> credit of each item, its mean and its 95 % interval."""
    items = WORKS[work]()[:n_items:every]
    right = [item.right for item in items]
    found = {way: top1_credit(table, right) for way, table in score(work, items).items()}
    return {way: {"mean": float(np.mean(credit)), "interval": bootstrap_interval(credit), "credit": credit}
            for way, credit in found.items()}


def methods() -> dict:
    """Name what is asked: method -> function of work and items, weights, code, seconds of a novel's items."""
    found = {"shared words": (by_words, (), (candidate_scores.shared_words,), 1)}
    for name in ("TinyGPT", "TinyBoth, causal"):
        found[f"{name}, likelihood"] = (lambda work, items, name=name: by_likelihood(name, work, items),
                                        (MODELS[name][1],), (likelihood_scores, likelihood_texts), 40)
    for name in ("TinyBERT", "TinyBoth"):
        found[f"{name}, blanks"] = (lambda work, items, name=name: by_blanks(name, work, items),
                                    (MODELS[name][1],), (conditional_pseudo_scores, by_blanks), 130)
    found["TinyBERT, next-sentence head"] = (by_next_sentence_head, ("tinybert",),
                                             (NextSentenceScore, pair_scores), 40)
    for name, (_, source) in MODELS.items():
        found[f"{name}, vectors"] = (lambda work, items, name=name: by_vectors(name, work, items), (source,),
                                     (vector_scores,), 20 if name == "MiniLM" else 10)
    return found


def rows() -> list[Row]:
    """Plan a row a method and work."""
    found = []
    for work in WORKS:
        data = (fingerprint(*(text for item in WORKS[work]() for text in (*item.before, *item.candidates))),)
        for name, (score, weights, code, seconds) in methods().items():
            every = EVERY.get(name.split(", ")[-1], 1)
            found.append(Row(name=f"{work}: {name}", weights=weights, data=data, seconds=seconds,
                             make=lambda work=work, score=score, every=every: grade(work, score, every=every),
                             code=(*code, top1_credit, texts_of)))
    return found


ABOUT = {"command": "python benchmarks/next_sentence.py", "seconds": "of the processor, one thread", "data": {
    work: fingerprint(*(text for item in give() for text in (*item.before, *item.candidates)))
    for work, give in WORKS.items()}}

if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
