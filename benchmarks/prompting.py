"""What does prompting give: each model's sentiment about a film, asked for a word, alone and after examples?

A row per prompt. The template and the words for a film were chosen on 500 *labelled* training snippets,
by GPT's answers: no weight was trained, but labels were used. Nothing was chosen by what is reported.
"""

import random
from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from experiments import Row, fingerprint, main, spread

from bertgpt import load_tokenizer
from bertgpt.device import device_of, evaluation_mode
from bertgpt.inference.filling import blank_logits
from bertgpt.text.batching import length_sorted_batches, pad
from bertgpt.training.framing import framing_of
from bertgpt.weights.loading import load_model
from bertgpt_book.tasks.classification import by_words, load_splits
from bertgpt_book.tasks.labelled import movie_snippets
from bertgpt_book.tasks.prompting import single_tokens, word_scores

TEMPLATE, ANSWERS = " I was very", [" good", " bad"]  # the best of 33 on 500 training snippets
EXAMPLES, DRAWS, EVERY = (0, 2, 4), 3, 8  # in a prompt; draws of them; of the held-out snippets
WORDS = range(6, 13)  # of an example, so that four fit


@torch.inference_mode()
def blank_scores(model, tokenizer, texts: list[tuple[str, str]], choices: list[str]) -> torch.Tensor:
    """Compute log p of each choice, one token each, at a [MASK] between two texts: -> (n, C), on the CPU.

    texts: (before, after), truncated far from the blank if they do not fit
    """
    wanted = torch.tensor(single_tokens(tokenizer, choices), device=device_of(model))  # (C,)
    framing, room, rows = framing_of(model), (model.config.max_len - 3) // 2, []
    for before, after in texts:
        left, right = tokenizer.encode(before), tokenizer.encode(after)
        left, right = left[-max(room, 2 * room - len(right)) :], right[: max(room, 2 * room - len(left))]
        rows.append(framing.frame([[*left, tokenizer.mask_id, *right]], tokenizer.special_id)[0])
    scores = torch.empty(len(rows), len(choices))  # (n, C)
    with evaluation_mode(model):
        for chunk in length_sorted_batches(rows, 64):
            ids, mask = pad([rows[i] for i in chunk], tokenizer.pad_id, device_of(model))  # (B, T)
            logits = blank_logits(model, ids, ids == tokenizer.mask_id, attention_mask=mask)  # (B, V)
            scores[chunk] = logits.log_softmax(dim=-1)[:, wanted].cpu()
    return scores


def margins(model, tokenizer, texts: list[str], shown: str = "") -> np.ndarray:
    """Compute log p of " good" minus log p of " bad", after each text or at a blank: -> (n,)."""
    if framing_of(model).fills_blanks:
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


def sentiment(source: str) -> dict:
    """Classify by margins above zero, above that of no snippet, and above the mean of 500 others."""
    score = partial(margins, load_model(source), load_tokenizer())
    held_out, known = movie_snippets("test"), movie_snippets("train")
    labels = np.array(held_out.labels)
    margin = score(held_out.texts)
    average = score(random.Random(0).sample(known.texts, 500)).mean()
    thresholds = {"as it is": 0, "minus unconditional": score([""])[0], "minus average": average}
    found: dict = {name: marked(margin > at, labels) for name, at in thresholds.items()}
    return found | {"words": [TEMPLATE, *ANSWERS]}


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


def in_context(source: str = "tinygpt", n_others: int = 100, n_items=None, wrong: bool = False) -> dict:
    """Let a model classify after solved examples: -> their number -> a row per draw, as it is and minus the average.

    The average is over other snippets after the same examples. The examples of a draw are the same for all texts.
    wrong: the same examples, with the wrong word after each
    """
    score = partial(margins, load_model(source), load_tokenizer())
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


DATA = (fingerprint(*movie_snippets("test").texts),)
NAME, ABOUT = "prompting", {"data": {"snippets": DATA[0]}}


def rows() -> Iterator[Row]:
    yield Row("in context, TinyGPT", in_context, DATA, ("tinygpt",), 60)
    yield Row("in context, TinyGPT, wrong labels", partial(in_context, wrong=True), DATA, ("tinygpt",), 60)
    yield Row("sentiment, TF-IDF, 500 labels", counted, DATA, seconds=5)
    yield Row("sentiment, TinyGPT, next word", partial(sentiment, "tinygpt"), DATA, ("tinygpt",), 10)
    yield Row("sentiment, TinyBERT, blank", partial(sentiment, "tinybert"), DATA, ("tinybert",), 10)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
