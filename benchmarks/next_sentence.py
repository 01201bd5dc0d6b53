"""Which of ten sentences comes next, in a novel and in stories that none of the models has read?

    python benchmarks/next_sentence.py                     # every row that is missing or stale
    python benchmarks/next_sentence.py Persuasion GPT      # those whose name has all of these words

Writes src/bertgpt_book/results/next_sentence.json, a row per method and work: the score of each
item, 1 where the true text ranks first, its share of the first place if tied. The items are 360
sentences of *Persuasion* after the two before them, each among nine others of the novel and of
similar length; and 360 sentences of held-out stories, each among nine of other stories. No setting
was chosen on them.

All of it takes about 300 seconds of one core, 120 of them for the pseudo-log-likelihood, a forward
pass per token of each candidate: it scores every third item of the novel only, after 40 tokens of
context. All but the next-sentence head compute in bfloat16.
"""

import sys
from functools import partial

import numpy as np
import torch
from candidate_scores import shared_words, vector_scores
from experiments import MODELS, Row, fingerprint, record
from torch import Tensor

from bertgpt import load_tokenizer
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.inference.scoring import blank_surprisal
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt.text.corpora import novels, sentences
from bertgpt.text.tokenizer import spaced
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.framing import framing_of
from bertgpt_book.tasks.dialogue import (
    NextSentenceScore,
    NextText,
    among_ten,
    next_story_sentences,
    pair_scores,
    top1_credit,
)
from bertgpt_book.tasks.prompting import likelihood_scores

NAME = "next_sentence"
EVERY = {"blanks": 3}  # a slow method scores every third item only
CONTEXT = 40  # tokens before a candidate, for the pseudo-log-likelihood


def next_sentences() -> list[NextText]:
    """Draw 360 sentences of *Persuasion*, each among nine others of the novel with similar length.

    The two sentences before are given; a true one has between 6 and 40 words.
    """
    texts = [" ".join(sentence.split()) for sentence in sentences(novels("test")["Persuasion"])]
    return among_ten("Persuasion", texts, 360)


def hidden_in_turn(
    model, tokenizer, befores: list[list[int]], answers: list[list[int]], batch_size: int = 64
) -> list[Tensor]:
    """Compute log p of each token of each answer, one [MASK] at a time, with all else visible.

    model: a BERT, or a `Both`
    befores: ids from the row's first token on, the opening one included; what closes a row is added
    -> (n,) an answer, in nats, on the CPU; without dropout
    Their sum is not log p(answer): each token was predicted from its right context, too. Salazar et
    al. 2020, equation 1.
    """
    end = [tokenizer.special_id(name) for name in framing_of(model).closing]
    pairs = [(before, answer) for before, answer in zip(befores, answers, strict=True) for _ in answer]
    rows = [[*before, *answer, *end] for before, answer in pairs]
    positions = [len(before) + i for before, answer in zip(befores, answers) for i in range(len(answer))]
    found = torch.empty(len(rows))  # (N,)
    for chunk in length_sorted_batches(rows, batch_size):
        ids, mask = pad([rows[i] for i in chunk], tokenizer.pad_id)  # (B, T)
        hidden = torch.tensor([positions[i] for i in chunk])  # (B,)
        blanks = torch.arange(ids.size(1)) == hidden[:, None]  # (B, T)
        found[chunk] = -blank_surprisal(model, ids, blanks, tokenizer.mask_id, attention_mask=mask)
    return list(found.split([len(answer) for answer in answers]))


def conditional_pseudo_scores(
    model, tokenizer, firsts: list[str], candidates: list[list[str]], longest: int = 60
) -> dict[str, Tensor]:
    """Score candidates by pseudo-log-likelihood, after the first text and without it.

    model: a BERT or a `Both`; a first text keeps its last `longest` tokens, a candidate its first
    -> "sum", "minus unconditional": (n, C) each, in nats. Salazar et al. 2020, equation 1, given a
    context.
    """
    answers = [tokenizer.encode(spaced(text))[:longest] for row in candidates for text in row]
    start = [tokenizer.special_id(framing_of(model).opening)]
    befores = [
        [*start, *tokenizer.encode(spaced(first))[-longest:]] for first, row in zip(firsts, candidates) for _ in row
    ]
    unique = list(dict.fromkeys(map(tuple, answers)))  # without context, score each text once
    given, alone = (
        [float(logs.sum()) for logs in hidden_in_turn(model, tokenizer, rows, targets)]
        for rows, targets in ((befores, answers), ([start] * len(unique), [*map(list, unique)]))
    )
    usual, shape = dict(zip(unique, alone)), (len(candidates), -1)
    gains = [own - usual[tuple(answer)] for own, answer in zip(given, answers)]
    return {"sum": torch.tensor(given).view(shape), "minus unconditional": torch.tensor(gains).view(shape)}


WORKS = {"Persuasion": next_sentences, "stories": next_story_sentences}


def texts_of(items: list[NextText]) -> tuple[list[str], list[list[str]]]:
    """Give the input of a model: the two texts before, joined, and the candidates."""
    return [" ".join(item.before) for item in items], [item.candidates for item in items]


def likelihood_texts(items: list[NextText]) -> tuple[list[str], list[str], list[list[str]]]:
    """Write the input of a GPT: prompts, a full stop as the neutral prompt for each, candidates."""
    firsts, candidates = texts_of(items)
    return (
        [spaced(first) for first in firsts],
        ["."] * len(items),
        [[spaced(text) for text in row] for row in candidates],
    )


def by_words(items: list[NextText]) -> dict:
    return {"shared words": shared_words(*texts_of(items))}


def by_likelihood(source_of: str, items: list[NextText]) -> dict:
    load, source = MODELS[source_of]
    with torch.autocast("cpu", torch.bfloat16):
        return likelihood_scores(load(source), load_tokenizer(source), *likelihood_texts(items))


def by_blanks(source_of: str, items: list[NextText]) -> dict:
    load, source = MODELS[source_of]
    with torch.autocast("cpu", torch.bfloat16):
        return conditional_pseudo_scores(load(source), load_tokenizer(source), *texts_of(items), longest=CONTEXT)


def by_next_sentence_head(items: list[NextText]) -> dict:
    bert = MODELS["TinyBERT"][0]("tinybert")
    model = HeadedModel(bert, NextSentenceScore(bert))
    return {"next-sentence head": pair_scores(model, load_tokenizer(), *texts_of(items))}


def by_vectors(source_of: str, items: list[NextText]) -> dict:
    load, source = MODELS[source_of]
    with torch.autocast("cpu", torch.bfloat16):
        return {"vectors": vector_scores(load(source), load_tokenizer(source), *texts_of(items))}


def grade(work: str, score, n_items: int | None = None, every: int = 1) -> dict:
    """Score one method: -> way of ranking -> credit of each item, its mean and its 95 % interval."""
    items = WORKS[work]()[:n_items:every]
    right = [item.right for item in items]
    found = {way: top1_credit(table, right) for way, table in score(items).items()}
    return {
        way: {"mean": float(np.mean(credit)), "interval": bootstrap_interval(credit), "credit": credit}
        for way, credit in found.items()
    }


def methods() -> dict:
    """List the methods: name -> function of items, weights, seconds for one work's items."""
    found = {
        "shared words": (by_words, (), 1),
        "TinyGPT, likelihood": (partial(by_likelihood, "TinyGPT"), ("tinygpt",), 40),
        "TinyBERT, blanks": (partial(by_blanks, "TinyBERT"), ("tinybert",), 130),
        "TinyBERT, next-sentence head": (by_next_sentence_head, ("tinybert",), 40),
    }
    for name in ("MiniLM", "TinyBERT", "TinyGPT"):
        seconds = 20 if name == "MiniLM" else 10
        found[f"{name}, vectors"] = (partial(by_vectors, name), (MODELS[name][1],), seconds)
    return found


def rows() -> list[Row]:
    """Plan a row per method and work."""
    found = []
    for work, digest in ABOUT["data"].items():
        for name, (score, weights, seconds) in methods().items():
            if work == "stories" and name == "TinyBERT, blanks":
                continue  # too slow for what it would add
            every = EVERY.get(name.split(", ")[-1], 1)
            found.append(
                Row(
                    name=f"{work}: {name}",
                    weights=weights,
                    data=(digest,),
                    seconds=seconds,
                    make=partial(grade, work, score, every=every),
                )
            )
    return found


ABOUT = {
    "command": "python benchmarks/next_sentence.py",
    "seconds": "of the processor, one thread",
    "data": {
        work: fingerprint(*(text for item in give() for text in (*item.before, *item.candidates)))
        for work, give in WORKS.items()
    },
}

if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
