"""What finds the names in an unseen novel best: rules, BERT or GPT?

Every model is trained in the same way: three passes over every third training sentence, tags predicted at the first
piece of a word, all weights learning. The rows called LitBank train again, in float32, and are tested on novels that
people labelled, too: TinyBERT and its twin of random weights from three seeds, so that what pre-training brings is
told from luck; both twins get the same heads, orders and precision.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial

import numpy as np
from experiments import Row, fingerprint, main
from gazetteer import TITLE, find_names, longest, named_entities
from litbank import PERSUASION, human_labelled, labelled_twice
from tagging import ENCODERS, UNTRAINED, Tagger, TaggerTuning, without_title

from bertgpt.text.corpora import TUNED_SPLITS
from bertgpt_book.statistics.metrics import percentiles, share_interval
from bertgpt_book.tasks.entities import Sentence, f1_of, show_brackets, span_counts, span_scores

NAME = "named_entities"
EPOCHS, BATCH, EVERY = 3, 32, 3
MODELS = {"TinyBERT": (1, 5e-4, 90), "TinyGPT": (1, 5e-4, 100), "MiniLM": (3, 2e-4, 225)}  # seeds, rate, seconds
CAPITALS = r"[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*"
PLACE_BEFORE = "at|in|to|from|of|near|into|towards|through"
DATA = {split: fingerprint(*map(show_brackets, named_entities(split))) for split in TUNED_SPLITS}
LITBANK = fingerprint(*(show_brackets(sentence) for work in human_labelled().values() for sentence in work))
TWICE = [ours == theirs for sentence in labelled_twice() for _, ours, theirs in sentence]
ABOUT = {
    "data": DATA,
    "labelled_twice": {"words": len(TWICE), "alike": sum(TWICE)},  # by a language model and by LitBank's readers
    "scored_on": "all test sentences",
    "settings": "one thread; AdamW, warm-up over 50 steps, cosine to a tenth, decay 0.01; bfloat16 where it is fast, "
    "LitBank's rows float32",
}


def known_names(labelled) -> set[tuple[str, str]]:
    """Collect the names in labelled sentences, without titles: -> (name, label) of each."""
    return {(without_title(text[a:b]), label) for text, spans in labelled for a, b, label in spans}


def name_scores(labelled, predicted, known: set) -> dict:
    """Compare predicted spans with the labels: overall, and for names seen in training or not.

    predicted: spans of each sentence; known: what `known_names` gives -> `span_scores`, with an interval of f1 over
    draws of sentences, and counts (n, 3); seen_recall and unseen_recall (a wrong span is neither, so there is no
    precision), the latter over draws of *names*, whose mentions depend on each other; unseen, name -> [found, mentions]
    """
    true, predicted = [set(spans) for _, spans in labelled], [set(spans) for spans in predicted]
    counts = span_counts(true, predicted)
    interval = list(percentiles(tuple(zip(*counts)), f1_of))
    scores = span_scores(true, predicted) | {"f1_interval": interval, "counts": counts}
    mentions: dict[tuple[str, str], list[int]] = {}
    for (text, spans), hits in zip(labelled, predicted):
        for a, b, label in spans:
            counted = mentions.setdefault((without_title(text[a:b]), label), [0, 0])
            counted[0] += (a, b, label) in hits
            counted[1] += 1
    seen = [counted for name, counted in mentions.items() if name in known]
    unseen = {name: counted for (name, label), counted in sorted(mentions.items()) if (name, label) not in known}
    for group, of_group in (("seen", seen), ("unseen", [c for name, c in mentions.items() if name not in known])):
        scores[f"{group}_recall"] = sum(hits for hits, _ in of_group) / max(sum(n for _, n in of_group), 1)
    scores["unseen"] = unseen
    if len(unseen) > 1:
        scores["unseen_interval"] = list(share_interval(list(unseen.values())))
    return scores


def find_titled(text: str) -> tuple:
    """Label by the gazetteer, and any capitalised words after a title as a person: -> spans."""
    titled = re.finditer(rf"\b(?:{TITLE})+{CAPITALS}", text)
    return longest([*find_names(text), *((*match.span(), "PERSON") for match in titled)])


def find_capitals(text: str) -> tuple:
    """Label every run of capitalised words, with titles, as a person, but no first word and no "I": -> spans."""
    runs = re.finditer(rf"\b(?:{TITLE})*{CAPITALS}", text)
    first = re.search(r"\w", text)
    return tuple((*run.span(), "PERSON") for run in runs if first and run.start() != first.start() and run[0] != "I")


def find_any(text: str) -> tuple:
    """Label as `find_titled`, and any other run of capitalised words inside the sentence: -> spans.

    A place after PLACE_BEFORE, else a person. Written once, and not tuned on any text.
    """
    titled = find_titled(text)
    taken = {i for start, end, _ in titled for i in range(start, end)}
    others = [
        (start, end, "PLACE" if re.search(rf"\b(?:{PLACE_BEFORE})\s+$", text[:start]) else "PERSON")
        for start, end, _ in find_capitals(text)
        if not taken & set(range(start, end))
    ]
    return longest([*titled, *others])


BASELINES = {
    "list, and what follows a title": find_titled,
    "every capital a person": find_capitals,
    "list, titles, and any other capital": find_any,
}


def training_sentences() -> tuple[Sentence, ...]:
    return named_entities("train")[::EVERY]


def tagger_steps() -> int:
    """Count the steps of all passes over the training sentences."""
    return -(-EPOCHS * len(training_sentences()) // BATCH)


Finder = Callable[[list[str]], list[tuple]]  # texts -> spans of each


def trained_tagger(tuning: TaggerTuning) -> tuple[Finder, dict]:
    """Train one tagger: -> what finds names, and the row so far."""
    tagger = Tagger(tuning)
    history = tagger.learn(training_sentences())
    last = [step["loss"] for step in history[-20:]]
    row = {"tagger": tuning.encoder, **asdict(tuning), "loss": sum(last) / len(last), "seconds": history[-1]["seconds"]}
    return tagger.find, row


def baseline(name: str) -> tuple[Finder, dict]:
    """Take a rule of BASELINES for what finds names, in a row like `trained_tagger`'s."""
    return lambda texts: [BASELINES[name](text) for text in texts], {"tagger": name}


def on_persuasion(make: Callable[[], tuple[Finder, dict]]) -> dict:
    """Score a finder on the test sentences: -> its row.

    A name counts as known if any training sentence has it, used or not, as a gazetteer would hold it.
    """
    (find, row), test, known = make(), named_entities("test"), known_names(named_entities("train"))
    return row | {"test": name_scores(test, find([sentence.text for sentence in test]), known)}


def on_litbank(make: Callable[[], tuple[Finder, dict]]) -> dict:
    """Score a finder on novels that people labelled, and on the test sentences: -> its row.

    works: work -> right, predicted and true spans; new: work -> found and all mentions of names that no training
    sentence has. All but *Persuasion* are summed up; intervals are over draws of works, 0 to 1.
    """
    (find, row), known = make(), known_names(named_entities("train"))
    test = named_entities("test")
    f1 = name_scores(test, find([sentence.text for sentence in test]), known)["f1"]
    works, new = {}, {}
    for work, labelled in human_labelled().items():
        scores = name_scores(labelled, find([sentence.text for sentence in labelled]), known)
        works[work] = np.sum(scores["counts"], axis=0).tolist()
        new[work] = np.sum([(0, 0), *scores["unseen"].values()], axis=0).tolist()
    unread = np.array([counts for work, counts in works.items() if work != PERSUASION])  # (n, 3)
    n_right, n_predicted, n_true = unread.sum(axis=0).tolist()
    found, mentions = np.transpose([counts for work, counts in new.items() if work != PERSUASION])  # (n,) each
    return row | {
        "test_f1": f1,
        "precision": n_right / n_predicted,
        "recall": n_right / n_true,
        "f1": {"mean": float(f1_of(*unread.T)), "interval": list(percentiles(tuple(unread.T), f1_of))},
        "new_recall": {
            "mean": float(found.sum() / mentions.sum()),
            "interval": list(share_interval(np.stack([found, mentions], axis=1))),
        },
        "works": works,
        "new": new,
    }


def rows() -> Iterator[Row]:
    data = tuple(DATA.values())
    for name in BASELINES:
        yield Row(name, partial(on_persuasion, partial(baseline, name)), data)
    for encoder, (seeds, *_) in MODELS.items():
        for seed in range(seeds):
            yield tagger_row("", on_persuasion, data, encoder, seed=seed)
    yield tagger_row("", on_persuasion, data, "TinyGPT", piece="last")
    data += (LITBANK,)
    for name in BASELINES:
        yield Row(f"LitBank: {name}", partial(on_litbank, partial(baseline, name)), data)
    for pretrained, encoders in ((True, MODELS), (False, UNTRAINED)):
        for encoder in encoders:
            for seed in range(3 if encoder == "TinyBERT" else 1):
                options = {"seed": seed, "pretrained": pretrained, "bfloat16": False}
                yield tagger_row("LitBank: ", on_litbank, data, encoder, **options)


def tagger_row(start: str, score: Callable, data: tuple[str, ...], encoder: str, **options) -> Row:
    """Plan the row of a tagger: how it is trained, and what scores it."""
    _, rate, seconds = MODELS[encoder]
    tuning = TaggerTuning(encoder=encoder, frozen=False, steps=tagger_steps(), learning_rate=rate, **options)
    weights = "" if tuning.pretrained else " from random weights"
    name = f"{start}{encoder}{weights}, fine-tuned, at the {tuning.piece} piece, seed {tuning.seed}"
    return Row(name, partial(score, partial(trained_tagger, tuning)), data, (ENCODERS[encoder][1],), seconds)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
