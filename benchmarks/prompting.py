"""What does prompting give: stories by GPT, and each model's sentiment about a film?

    python benchmarks/prompting.py                  # every row that is missing or stale
    python benchmarks/prompting.py sentiment        # those whose name has all of these words

Writes src/bertgpt_book/results/prompting.json, a row per prompt. The template and the words for a
film were chosen on 500 *labelled* training snippets, by GPT's answers: no weight was trained, but
labels were used. Nothing was chosen by what is reported. A row takes about ten seconds of one core, the one
with solved examples in the prompt about sixty.
"""

import random
import sys
from functools import partial

import numpy as np
import torch
from candidate_scores import blank_scores
from experiments import Row, fingerprint, record, spread

from bertgpt import generate, load_bert, load_gpt, load_tokenizer
from bertgpt.evaluation.metrics import distinct
from bertgpt.evaluation.ngrams import KneserNey
from bertgpt.text.corpora import novels
from bertgpt.text.data import encode_documents
from bertgpt_book.tasks.labelled import movie_snippets
from bertgpt_book.tasks.prompting import openings, word_scores
from bertgpt_book.tasks.ranking import words

NAME = "prompting"
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


def judge(tokenizer) -> KneserNey:
    """Fit an independent judge of stories: a trigram on the training novels."""
    return KneserNey(tokenizer.vocab_size).fit(torch.cat(encode_documents(novels("train"), tokenizer)))


def story_scores(judge, tokenizer, texts: torch.Tensor, n_prompt: int) -> dict[str, list[float]]:
    """Judge continuations by an n-gram model, and by their share of distinct words and word pairs.

    texts: (n, T), the first n_prompt tokens given -> "nats": mean surprisal per new token;
    "distinct_1", "distinct_2": of the first 50 words; (n,) each
    """
    found: dict[str, list[float]] = {"nats": [], "distinct_1": [], "distinct_2": []}
    for ids in texts.tolist():
        spoken = words(tokenizer.decode(ids[n_prompt:]))[:50]
        found["nats"].append(float(-judge.log_probs(ids)[n_prompt:].mean()))
        for n in (1, 2):
            found[f"distinct_{n}"].append(distinct(spoken, n))
    return found


def story(n_items: int | None = None) -> dict:
    """Continue the beginning of each chapter of Persuasion by several rules, beside Austen."""
    tokenizer, gpt = load_tokenizer(), load_gpt("tinygpt")
    reader, texts = judge(tokenizer), openings(tokenizer)[:n_items]
    written = {"Austen": texts} | {
        name: generate(gpt, texts[:, :40], 80, **rule, generator=torch.Generator().manual_seed(14))
        for name, rule in RULES.items()
    }
    return {
        name: {key: spread(values) for key, values in story_scores(reader, tokenizer, ids, 40).items()}
        for name, ids in written.items()
    }


def feelings(margins, n_items: int | None) -> dict:
    """Classify by margins above zero, above that of no snippet, and above the mean of 500 others.

    margins: texts -> (n,), log p of " good" minus log p of " bad"
    """
    held_out, known = movie_snippets("test"), movie_snippets("train")
    labels = np.array(held_out.labels[:n_items])
    found = margins(held_out.texts[:n_items])
    usual = margins(random.Random(0).sample(known.texts, 500)).mean()
    answers = {"as it is": found > 0, "minus unconditional": found > margins([""])[0], "minus average": found > usual}
    return {
        name: {
            **spread((given == labels).astype(float)),
            "positive": float(given.mean()),
            "right": "".join(map(str, (given == labels).astype(int))),
        }
        for name, given in answers.items()
    } | {"majority": float(max(labels.mean(), 1 - labels.mean())), "words": [TEMPLATE, *ANSWERS]}


def by_next_word(load, source: str, n_items: int | None = None) -> dict:
    tokenizer, gpt = load_tokenizer(), load(source)

    def margins(texts):
        return -word_scores(gpt, tokenizer, [f" {text}{TEMPLATE}" for text in texts], ANSWERS).diff(dim=1)[:, 0].numpy()

    return feelings(margins, n_items)


def solved(rng: random.Random, n: int) -> str:
    """Write n training snippets, half of them positive, in random order, each with its right word behind it."""
    known = movie_snippets("train")
    short = [(text, label) for text, label in zip(known.texts, known.labels) if len(text.split()) in WORDS]
    drawn = [pair for label in (0, 1) for pair in rng.sample([pair for pair in short if pair[1] == label], n // 2)]
    rng.shuffle(drawn)
    return "".join(f" {text}{TEMPLATE}{ANSWERS[1 - label]}.\n\n" for text, label in drawn)


def in_context(n_items: int | None = None) -> dict:
    """Let TinyGPT classify behind solved examples: -> their number -> a row per draw, as it is and minus the average.

    The average is over 100 other snippets behind the same examples. The examples of a draw are the same for all texts.
    """
    tokenizer, gpt = load_tokenizer(), load_gpt("tinygpt")
    held_out, known = movie_snippets("test"), movie_snippets("train")
    texts, labels = held_out.texts[:n_items:EVERY], np.array(held_out.labels[:n_items:EVERY])
    others, found = random.Random(1).sample(known.texts, 100), {}

    def margins(shown, texts):
        rows = [f"{shown} {text}{TEMPLATE}" for text in texts]
        return -word_scores(gpt, tokenizer, rows, ANSWERS).diff(dim=1)[:, 0].numpy()

    for n in EXAMPLES:
        found[str(n)] = []
        for draw in range(DRAWS if n else 1):
            shown = solved(random.Random(draw), n)
            margin, usual = margins(shown, texts), margins(shown, others).mean()
            found[str(n)].append(
                {
                    name: {**spread((given == labels).astype(float)), "positive": float(given.mean())}
                    for name, given in (("as it is", margin > 0), ("minus average", margin > usual))
                }
            )
    return {"examples": found}


def by_blank(load, source: str, n_items: int | None = None) -> dict:
    tokenizer, model = load_tokenizer(), load(source)

    def margins(texts):
        gaps = [(f" {text}{TEMPLATE}", ".") for text in texts]
        return -blank_scores(model, tokenizer, gaps, ANSWERS).diff(dim=1)[:, 0].numpy()

    return feelings(margins, n_items)


# Row -> method, loader, source.
PROMPTED = {
    "TinyGPT, next word": (by_next_word, load_gpt, "tinygpt"),
    "TinyBERT, blank": (by_blank, load_bert, "tinybert"),
}
DATA = (fingerprint(*movie_snippets("test").texts), fingerprint(*novels("test").values()))
ABOUT = {
    "command": "python benchmarks/prompting.py",
    "seconds": "of the processor, one thread",
    "data": dict(zip(("snippets", "Persuasion"), DATA)),
}


def rows() -> list[Row]:
    return [
        Row(name="story", make=story, weights=("tinygpt",), data=DATA, seconds=10),
        Row(name="in context, TinyGPT", make=in_context, weights=("tinygpt",), data=DATA, seconds=60),
        *(
            Row(name=f"sentiment, {name}", make=partial(method, load, source), weights=(source,), data=DATA, seconds=10)
            for name, (method, load, source) in PROMPTED.items()
        ),
    ]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
