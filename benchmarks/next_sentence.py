"""Which of ten sentences comes next, in a novel and in stories that none of the models has read?

A row per method and work: the score of each item, 1 where the true text ranks first, its share of the
first place if tied. The items are 360 sentences of *Persuasion* after the two before them, each among
nine others of the novel and of similar length; and 360 sentences of held-out stories, each among nine
of other stories. No setting was chosen on them.

The pseudo-log-likelihood takes a forward pass per token of each candidate: it scores every third item
of the novel only, after 40 tokens of context. All but the next-sentence head compute in bfloat16.
"""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from candidate_scores import shared_words, vector_scores
from experiments import Row, fingerprint, main
from torch import Tensor

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.inference.scoring import blank_surprisal
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt.text.corpora import novels, sentences
from bertgpt.text.tokenizer import with_leading_space
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.framing import framing_of
from bertgpt_book.tasks.classification import ENCODERS
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
    rows, positions = [], []
    for before, answer in zip(befores, answers, strict=True):
        rows += [[*before, *answer, *end]] * len(answer)
        positions += range(len(before), len(before) + len(answer))
    log_probs = torch.empty(len(rows))  # (N,)
    for chunk in length_sorted_batches(rows, batch_size):
        ids, mask = pad([rows[i] for i in chunk], tokenizer.pad_id)  # (B, T)
        hidden = torch.tensor([positions[i] for i in chunk])  # (B,)
        blanks = torch.arange(ids.size(1)) == hidden[:, None]  # (B, T)
        log_probs[chunk] = -blank_surprisal(model, ids, blanks, tokenizer.mask_id, attention_mask=mask)
    return list(log_probs.split([len(answer) for answer in answers]))


def conditional_pseudo_scores(
    model, tokenizer, firsts: list[str], candidates: list[list[str]], longest: int = 60
) -> dict[str, Tensor]:
    """Score candidates by pseudo-log-likelihood, after the first text and without it.

    model: a BERT or a `Both`; a first text keeps its last `longest` tokens, a candidate its first
    -> "sum", "minus unconditional": (n, C) each, in nats. Salazar et al. 2020, equation 1, given a
    context.
    """
    answers = [tokenizer.encode(with_leading_space(text))[:longest] for row in candidates for text in row]
    start = [tokenizer.special_id(framing_of(model).opening)]
    befores = [
        [*start, *tokenizer.encode(with_leading_space(first))[-longest:]]
        for first, row in zip(firsts, candidates)
        for _ in row
    ]
    unique = list(dict.fromkeys(map(tuple, answers)))  # without context, score each text once
    given, alone = (
        [float(logs.sum()) for logs in hidden_in_turn(model, tokenizer, rows, targets)]
        for rows, targets in ((befores, answers), ([start] * len(unique), [*map(list, unique)]))
    )
    unconditional, shape = dict(zip(unique, alone)), (len(candidates), -1)
    gains = [score - unconditional[tuple(answer)] for score, answer in zip(given, answers)]
    return {"sum": torch.tensor(given).view(shape), "minus unconditional": torch.tensor(gains).view(shape)}


WORKS = {"Persuasion": next_sentences, "stories": next_story_sentences}
BFLOAT16 = torch.autocast("cpu", torch.bfloat16)


def texts_of(items: list[NextText]) -> tuple[list[str], list[list[str]]]:
    """Give the input of a model: the two texts before, joined, and the candidates."""
    return [" ".join(item.before) for item in items], [item.candidates for item in items]


def by_words(items: list[NextText]) -> dict:
    return {"shared words": shared_words(*texts_of(items))}


@BFLOAT16
def by_likelihood(items: list[NextText]) -> dict:
    """Let GPT score each candidate after the texts, and after a full stop as the neutral prompt."""
    firsts, candidates = texts_of(items)
    candidates = [[with_leading_space(text) for text in row] for row in candidates]
    prompts = [with_leading_space(first) for first in firsts]
    return likelihood_scores(load_gpt("tinygpt"), load_tokenizer(), prompts, ["."] * len(items), candidates)


@BFLOAT16
def by_blanks(items: list[NextText]) -> dict:
    return conditional_pseudo_scores(load_bert("tinybert"), load_tokenizer(), *texts_of(items), longest=CONTEXT)


def by_next_sentence_head(items: list[NextText]) -> dict:
    bert = load_bert("tinybert")
    model = HeadedModel(bert, NextSentenceScore(bert))
    return {"next-sentence head": pair_scores(model, load_tokenizer(), *texts_of(items))}


@BFLOAT16
def by_vectors(encoder: str, items: list[NextText]) -> dict:
    load, source = ENCODERS[encoder]
    return {"vectors": vector_scores(load(source), load_tokenizer(source), *texts_of(items))}


def grade(work: str, score, every: int = 1, n_items: int | None = None) -> dict:
    """Score every n-th item by one method: -> score -> credit of each item, its mean and its 95 % interval."""
    items, grades = WORKS[work]()[:n_items:every], {}
    for name, table in score(items).items():
        credit = top1_credit(table, [item.right for item in items])
        grades[name] = {"mean": float(np.mean(credit)), "interval": bootstrap_interval(credit), "credit": credit}
    return grades


# Method -> function of items, weights, approximate seconds for one work's items.
METHODS = {
    "shared words": (by_words, (), 1),
    "TinyGPT, likelihood": (by_likelihood, ("tinygpt",), 40),
    "TinyBERT, blanks": (by_blanks, ("tinybert",), 130),
    "TinyBERT, next-sentence head": (by_next_sentence_head, ("tinybert",), 40),
} | {
    f"{name}, vectors": (partial(by_vectors, name), (ENCODERS[name][1],), 20 if name == "MiniLM" else 10)
    for name in ("MiniLM", "TinyBERT", "TinyGPT")
}
ABOUT = {
    "data": {
        work: fingerprint(*(text for item in draw() for text in (*item.before, *item.candidates)))
        for work, draw in WORKS.items()
    }
}


def rows() -> Iterator[Row]:
    for work, digest in ABOUT["data"].items():
        for name, (score, weights, seconds) in METHODS.items():
            slow = name == "TinyBERT, blanks"  # only every third item of the novel
            if not (slow and work == "stories"):
                make = partial(grade, work, score, every=3 if slow else 1)
                yield Row(f"{work}: {name}", make, (digest,), weights, seconds)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
