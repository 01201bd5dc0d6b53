"""What finds the names in an unseen novel best: rules, BERT or GPT?

Every model is trained in the same way: three passes over every third training sentence, tags predicted
at the first piece of a word, all weights learning. The record has the spans of each sentence and name,
so that two rows can be compared on the same sentences.
"""

import re
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial

from experiments import Row, fingerprint, main
from gazetteer import TITLE, find_names, longest, named_entities
from tagging import Tagger, TaggerTuning, without_title

from bertgpt.evaluation.metrics import percentiles, share_interval
from bertgpt.text.corpora import TUNED_SPLITS
from bertgpt_book.tasks.classification import ENCODERS
from bertgpt_book.tasks.entities import Sentence, f1_of, show_brackets, span_counts, span_scores

NAME = "named_entities"
EPOCHS, BATCH, EVERY = 3, 32, 3
MODELS = {"TinyBERT": (1, 5e-4, 90), "TinyGPT": (1, 5e-4, 100), "MiniLM": (3, 2e-4, 225)}  # seeds, rate, seconds
CAPITALS = r"[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*"
DATA = {split: fingerprint(*map(show_brackets, named_entities(split))) for split in TUNED_SPLITS}
ABOUT = {
    "data": DATA,
    "scored_on": "all test sentences",
    "settings": "one thread; AdamW, warm-up over 50 steps, cosine to a tenth, decay 0.01, bfloat16",
}


def known_names(labelled) -> set[tuple[str, str]]:
    """Collect the names in labelled sentences, without titles: -> (name, label) of each."""
    return {(without_title(text[a:b]), label) for text, spans in labelled for a, b, label in spans}


def name_scores(labelled, predicted, known: set) -> dict:
    """Compare predicted spans with the labels: overall, and for names seen in training or not.

    predicted: spans of each sentence; known: what `known_names` gives -> precision, recall, f1,
    f1_interval (over draws of sentences) and counts, (n, 3) of `entities.span_counts`; seen_recall
    and unseen_recall (there is no precision: a wrong span is neither), the latter with an interval
    over draws of *names*, since mentions of one name are not independent, and with unseen,
    name -> [found, mentions]
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
    """Label every run of capitalised words, with titles, as a person: -> spans.

    The first word of a text and the word "I" are no evidence and stay unlabelled.
    """
    runs = re.finditer(rf"\b(?:{TITLE})*{CAPITALS}", text)
    first = re.search(r"\w", text)
    return tuple((*run.span(), "PERSON") for run in runs if first and run.start() != first.start() and run[0] != "I")


BASELINES = {"list, and what follows a title": find_titled, "every capital a person": find_capitals}


def training_sentences() -> tuple[Sentence, ...]:
    """Give what a tagger is trained on: every third training sentence."""
    return named_entities("train")[::EVERY]


def tagger_steps() -> int:
    """Count the steps of all passes over the training sentences."""
    return -(-EPOCHS * len(training_sentences()) // BATCH)


def run_tagger(tuning: TaggerTuning) -> dict:
    """Train one tagger and score it: -> a row of JSON values, `name_scores` of the test sentences.

    A name counts as known if any training sentence has it, used or not, as a gazetteer would hold
    it.
    """
    tagger, known = Tagger(tuning), known_names(named_entities("train"))
    history = tagger.learn(training_sentences())
    last = [step["loss"] for step in history[-20:]]
    row = {"tagger": tuning.encoder, **asdict(tuning), "loss": sum(last) / len(last), "seconds": history[-1]["seconds"]}
    test = named_entities("test")
    return row | {"test": name_scores(test, tagger.find([sentence.text for sentence in test]), known)}


def run_baseline(name: str) -> dict:
    """Score a rule of BASELINES on the test sentences, in a row like `run_tagger`'s."""
    test, known = named_entities("test"), known_names(named_entities("train"))
    predicted = [BASELINES[name](sentence.text) for sentence in test]
    return {"tagger": name, "test": name_scores(test, predicted, known)}


def rows() -> Iterator[Row]:
    data = tuple(DATA.values())
    for name in BASELINES:
        yield Row(name, partial(run_baseline, name), data)
    for encoder, (seeds, rate, seconds) in MODELS.items():
        for seed in range(seeds):
            steps = tagger_steps()
            tuning = TaggerTuning(encoder=encoder, frozen=False, steps=steps, seed=seed, learning_rate=rate)
            name = f"{encoder}, fine-tuned, at the first piece, seed {seed}"
            yield Row(name, partial(run_tagger, tuning), data, (ENCODERS[encoder][1],), seconds)


if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
