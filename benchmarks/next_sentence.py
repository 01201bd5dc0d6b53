"""Which of ten texts comes next, in a novel and in plays that none of the models has read?

    python benchmarks/next_sentence.py                     # every row that is missing or stale
    python benchmarks/next_sentence.py Persuasion GPT      # those whose name has all of these words

Writes src/bertgpt/assets/results/next_sentence.json, a row per method and work: the score of each
item, 1 where the true text ranks first, its share of the first place if tied. The items are 360
sentences of *Persuasion* after the two before them, and 360 replies of three plays after the two
speeches before them; each among nine others of the same work and of similar length. No setting was
chosen on them.

All of it takes about 700 seconds of one core, most of them for the pseudo-log-likelihood, a forward
pass per token of each candidate: it scores every third item only, after 40 tokens of context.
All but the next-sentence head compute in bfloat16.
"""

import sys
from functools import partial

import numpy as np
import torch
from candidate_scores import shared_words, vector_scores
from experiments import MODELS, Row, fingerprint, record

from bertgpt import load_tokenizer
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.tasks.dialogue import (
    NextSentenceScore,
    NextText,
    among_ten,
    conditional_pseudo_scores,
    next_sentences,
    pair_scores,
    top1_credit,
)
from bertgpt.tasks.prompting import likelihood_scores
from bertgpt.text.corpora import speeches
from bertgpt.text.tokenizer import spaced
from bertgpt.training.finetuning import HeadedModel
from bertgpt.weights.pretrained import load_both

NAME = "next_sentence"
EVERY = {"blanks": 3}                    # a slow method scores every third item only
CONTEXT = 40                             # tokens before a candidate, for the pseudo-log-likelihood


def replies() -> list[NextText]:
    """Draw 120 replies of each test play, each among nine others of the play with similar length."""
    return [item for title, spoken in speeches("test").items()
            for item in among_ten(title, [speech for _, speech in spoken], 120)]


WORKS = {"Persuasion": next_sentences, "plays": replies}


def speakers(items: list[NextText]) -> list[tuple[str, str]]:
    """Look up who speaks the two speeches before each reply, as the play prints the names."""
    names = {title: {(a[1], b[1]): (a[0].upper(), b[0].upper()) for a, b in zip(spoken, spoken[1:])}
             for title, spoken in speeches("test").items()}
    return [names[item.work][item.before[0], item.before[1]] for item in items]


def reply_prompts(items: list[NextText]) -> list[tuple[str, str]]:
    """Write each dialogue as a play prints it, up to the reply, and the same without the dialogue.

    The first speaker is assumed to reply, for all candidates; nobody looks up who does.
    """
    return [(f"{first}\n{item.before[0]}\n\n{second}\n{item.before[1]}\n\n{first}\n", f"\n\n{first}\n")
            for item, (first, second) in zip(items, speakers(items))]


def texts_of(items: list[NextText]) -> tuple[list[str], list[list[str]]]:
    """Give the input of a model: the two texts before, joined, and the candidates."""
    return [" ".join(item.before) for item in items], [item.candidates for item in items]


def likelihood_texts(work: str, items: list[NextText]) -> tuple[list[str], list[str], list[list[str]]]:
    """Write the input of a GPT: prompts, a neutral prompt for each, candidates.

    The neutral prompt is a speaker's name in a play, and a full stop in the novel.
    """
    firsts, candidates = texts_of(items)
    if work == "plays":
        prompts, neutral = zip(*reply_prompts(items))
        return list(prompts), list(neutral), candidates
    return ([spaced(first) for first in firsts], ["."] * len(items),
            [[spaced(text) for text in row] for row in candidates])


def by_words(work: str, items: list[NextText]) -> dict:
    return {"shared words": shared_words(*texts_of(items))}


def by_likelihood(source_of: str, work: str, items: list[NextText]) -> dict:
    load, source = MODELS[source_of]
    with torch.autocast("cpu", torch.bfloat16):
        return likelihood_scores(load(source), load_tokenizer(source), *likelihood_texts(work, items))


def by_blanks(source_of: str, work: str, items: list[NextText]) -> dict:
    source = MODELS[source_of][1]
    model = load_both(source) if source_of == "TinyBoth" else MODELS[source_of][0](source)
    with torch.autocast("cpu", torch.bfloat16):
        return conditional_pseudo_scores(model, load_tokenizer(source), *texts_of(items), longest=CONTEXT)


def by_next_sentence_head(work: str, items: list[NextText]) -> dict:
    bert = MODELS["TinyBERT"][0]("tinybert")
    model = HeadedModel(bert, NextSentenceScore(bert))
    return {"next-sentence head": pair_scores(model, load_tokenizer(), *texts_of(items))}


def by_vectors(source_of: str, work: str, items: list[NextText]) -> dict:
    load, source = MODELS[source_of]
    with torch.autocast("cpu", torch.bfloat16):
        return {"vectors": vector_scores(load(source), load_tokenizer(source), *texts_of(items))}


def grade(work: str, score, n_items: int | None = None, every: int = 1) -> dict:
    """Score one method: -> way of ranking -> credit of each item, its mean and its 95 % interval."""
    items = WORKS[work]()[:n_items:every]
    right = [item.right for item in items]
    found = {way: top1_credit(table, right) for way, table in score(work, items).items()}
    return {way: {"mean": float(np.mean(credit)), "interval": bootstrap_interval(credit), "credit": credit}
            for way, credit in found.items()}


def methods() -> dict:
    """List the methods: name -> function of work and items, weights, seconds for one work's items."""
    found = {"shared words": (by_words, (), 1)}
    for name in ("TinyGPT", "TinyBoth, causal"):
        found[f"{name}, likelihood"] = (partial(by_likelihood, name), (MODELS[name][1],), 40)
    for name in ("TinyBERT", "TinyBoth"):
        found[f"{name}, blanks"] = (partial(by_blanks, name), (MODELS[name][1],), 130)
    found["TinyBERT, next-sentence head"] = (by_next_sentence_head, ("tinybert",), 40)
    for name, (_, source) in MODELS.items():
        seconds = 20 if name == "MiniLM" else 10
        found[f"{name}, vectors"] = (partial(by_vectors, name), (source,), seconds)
    return found


def rows() -> list[Row]:
    """Plan a row per method and work."""
    found = []
    for work, digest in ABOUT["data"].items():
        for name, (score, weights, seconds) in methods().items():
            every = EVERY.get(name.split(", ")[-1], 1)
            found.append(Row(name=f"{work}: {name}", weights=weights, data=(digest,), seconds=seconds,
                             make=partial(grade, work, score, every=every)))
    return found


ABOUT = {"command": "python benchmarks/next_sentence.py",
         "seconds": "of the processor, one thread", "data": {
             work: fingerprint(*(text for item in give() for text in (*item.before, *item.candidates)))
             for work, give in WORKS.items()}}

if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
