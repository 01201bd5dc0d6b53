"""What does prompting give: stories by GPT, and each model's sentiment about a film?

A row per prompt. The template and the words for a film were chosen on 500 *labelled* training snippets,
by GPT's answers: no weight was trained, but labels were used. Nothing was chosen by what is reported.
"""

import random
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from candidate_scores import blank_scores
from experiments import Row, fingerprint, main, spread

from bertgpt import generate, load_bert, load_gpt, load_tokenizer
from bertgpt.evaluation.metrics import distinct
from bertgpt.evaluation.ngrams import KneserNey
from bertgpt.text.corpora import novels
from bertgpt.text.data import encode_documents
from bertgpt_book.tasks.classification import by_words, load_splits
from bertgpt_book.tasks.cloze import fills_blanks
from bertgpt_book.tasks.labelled import movie_snippets
from bertgpt_book.tasks.prompting import openings, word_scores
from bertgpt_book.tasks.ranking import words

RULES = {
    "greedy": {"temperature": 0},
    "τ = 0.5": {"temperature": 0.5},
    "τ = 0.8": {"temperature": 0.8},
    "τ = 1": {"temperature": 1.0},
    "top-p 0.9": {"temperature": 1.0, "top_p": 0.9},
    "τ = 1.3": {"temperature": 1.3},
}
TEMPLATE, ANSWERS = " I was very", [" good", " bad"]  # the best of 33 on 500 training snippets
EXAMPLES, DRAWS, EVERY = (0, 2, 4), 3, 8  # in a prompt; draws of them; of the held-out snippets
WORDS = range(6, 13)  # of an example, so that four fit


def story_scores(judge, tokenizer, texts: torch.Tensor, n_prompt: int) -> dict[str, list[float]]:
    """Judge continuations by an n-gram model, and by their share of distinct words and word pairs.

    texts: (n, T), the first n_prompt tokens given -> "nats": mean surprisal per new token;
    "distinct_1", "distinct_2": of the first 50 words; (n,) each
    """
    spoken = [words(tokenizer.decode(row))[:50] for row in texts[:, n_prompt:].tolist()]
    return {
        "nats": [float(-judge.log_probs(row)[n_prompt:].mean()) for row in texts.tolist()],
        "distinct_1": [distinct(text, 1) for text in spoken],
        "distinct_2": [distinct(text, 2) for text in spoken],
    }


def story(n_items: int | None = None) -> dict:
    """Continue the beginning of each chapter of Persuasion by several rules, beside Austen."""
    tokenizer, gpt = load_tokenizer(), load_gpt("tinygpt")
    judge = KneserNey(tokenizer.vocab_size).fit(torch.cat(encode_documents(novels("train"), tokenizer)))
    texts = openings(tokenizer)[:n_items]
    written = {"Austen": texts} | {
        name: generate(gpt, texts[:, :40], 80, **rule, generator=torch.Generator().manual_seed(14))
        for name, rule in RULES.items()
    }
    return {
        name: {key: spread(values) for key, values in story_scores(judge, tokenizer, ids, 40).items()}
        for name, ids in written.items()
    }


def margins(model, tokenizer, texts: list[str], shown: str = "") -> np.ndarray:
    """Compute log p of " good" minus log p of " bad", after each text or at a blank: -> (n,)."""
    if fills_blanks(model, None):
        scores = blank_scores(model, tokenizer, [(f"{shown} {text}{TEMPLATE}", ".") for text in texts], ANSWERS)
    else:
        scores = word_scores(model, tokenizer, [f"{shown} {text}{TEMPLATE}" for text in texts], ANSWERS)
    return -scores.diff(dim=1)[:, 0].numpy()


def shares(positive: np.ndarray, labels: np.ndarray) -> dict:
    """Compute the accuracy of answers (n,), and the share of positive ones."""
    return {**spread((positive == labels).astype(float)), "positive": float(positive.mean())}


def marked(positive: np.ndarray, labels: np.ndarray) -> dict:
    """Compute `shares`, and mark each answer: "1" for a right one."""
    return shares(positive, labels) | {"right": "".join(map(str, (positive == labels).astype(int)))}


def sentiment(load, source: str, n_items: int | None = None) -> dict:
    """Classify by margins above zero, above that of no snippet, and above the mean of 500 others."""
    score = partial(margins, load(source), load_tokenizer())
    held_out, known = movie_snippets("test"), movie_snippets("train")
    labels = np.array(held_out.labels[:n_items])
    margin = score(held_out.texts[:n_items])
    average = score(random.Random(0).sample(known.texts, 500)).mean()
    thresholds = {"as it is": 0, "minus unconditional": score([""])[0], "minus average": average}
    return {name: marked(margin > at, labels) for name, at in thresholds.items()} | {
        "majority": float(max(labels.mean(), 1 - labels.mean())),
        "words": [TEMPLATE, *ANSWERS],
    }


def solved(rng: random.Random, n: int, wrong: bool = False) -> str:
    """Write n training snippets, half of them positive, in random order, each with its right word after it.

    wrong: each with the other word
    """
    known = movie_snippets("train")
    short = [(text, label) for text, label in zip(known.texts, known.labels) if len(text.split()) in WORDS]
    drawn = [pair for label in (0, 1) for pair in rng.sample([pair for pair in short if pair[1] == label], n // 2)]
    rng.shuffle(drawn)
    return "".join(f" {text}{TEMPLATE}{ANSWERS[label if wrong else 1 - label]}.\n\n" for text, label in drawn)


def snippets(n_others: int, n_items: int | None = None) -> tuple[list[str], np.ndarray, list[str]]:
    """Give every eighth held-out snippet and its label, and others whose labels are not looked at."""
    held_out, known = movie_snippets("test"), movie_snippets("train")
    others = random.Random(1).sample(known.texts, n_others)
    return held_out.texts[:n_items:EVERY], np.array(held_out.labels[:n_items:EVERY]), others


def in_context(
    load: Callable = load_gpt, name: str = "tinygpt", n_others: int = 100, n_items=None, wrong: bool = False
) -> dict:
    """Let a model classify after solved examples: -> their number -> a row per draw, as it is and minus the average.

    The average is over other snippets after the same examples. The examples of a draw are the same for all texts.
    wrong: the same examples, with the wrong word after each
    """
    score = partial(margins, load(name), load_tokenizer())
    texts, labels, others = snippets(n_others, n_items)
    results: dict[str, list] = {}
    for n in EXAMPLES[1:] if wrong else EXAMPLES:
        results[str(n)] = []
        for draw in range(DRAWS if n else 1):
            shown = solved(random.Random(draw), n, wrong)
            margin, average = score(texts, shown), score(others, shown).mean()
            thresholds = {"as it is": 0, "minus average": average}
            results[str(n)].append({name: marked(margin > at, labels) for name, at in thresholds.items()})
    return {"examples": results}


def counted(n_labels: int = 500, draws: int = 10) -> dict:
    """Let a list of words, fitted on as many labels as chose the prompt, classify all held-out snippets."""
    training, test = load_splits()
    classify, right = by_words(training, test), []
    for draw in range(draws):
        known = random.Random(f"{n_labels} labels, draw {draw}").sample(range(len(training.texts)), n_labels)
        right.append(np.equal(classify(known), test.labels).astype(int))
    return {**spread(np.mean(right, axis=0)), "right": ["".join(map(str, each)) for each in right]}


DATA = (fingerprint(*movie_snippets("test").texts), fingerprint(*novels("test").values()))
NAME, ABOUT = "prompting", {"data": dict(zip(("snippets", "Persuasion"), DATA))}


def rows() -> Iterator[Row]:
    yield Row("story", story, DATA, ("tinygpt",), 10)
    yield Row("in context, TinyGPT", in_context, DATA, ("tinygpt",), 60)
    yield Row("in context, TinyGPT, wrong labels", partial(in_context, wrong=True), DATA, ("tinygpt",), 60)
    yield Row("sentiment, TF-IDF, 500 labels", counted, DATA, seconds=5)
    yield Row("sentiment, TinyGPT, next word", partial(sentiment, load_gpt, "tinygpt"), DATA, ("tinygpt",), 10)
    yield Row("sentiment, TinyBERT, blank", partial(sentiment, load_bert, "tinybert"), DATA, ("tinybert",), 10)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
