"""What finds the names in an unseen novel best: rules, BERT or GPT?

    python benchmarks/named_entities.py                    # every row that is missing or stale
    python benchmarks/named_entities.py TinyGPT            # those whose name has all of these words

Writes src/bertgpt_book/results/named_entities.json. Every model is trained in the same way: three
passes over every third training sentence, tags predicted at the first piece of a word, all weights
learning. What a row found is kept per sentence and per name, so that two rows can be compared on
the same sentences.

MiniLM is fine-tuned from three seeds, in 225 seconds of one core each, the tiny pair from one, in
90 (TinyBERT) or 100 (TinyGPT).
"""

import re
import sys
import time
from dataclasses import asdict

from experiments import MODELS, Row, fingerprint, record
from gazetteer import TITLE, find_names, longest, named_entities
from tagging import Tagger, TaggerTuning, without_title

from bertgpt.evaluation.metrics import f1_of, percentiles, share_interval, span_counts, span_scores
from bertgpt.text.corpora import TUNED_SPLITS
from bertgpt_book.tasks.entities import LABELS, Sentence, show_brackets

NAME = "named_entities"
EPOCHS, BATCH, EVERY = 3, 32, 3
SEEDS = {"TinyBERT": 1, "TinyGPT": 1, "MiniLM": 3}
CAPITALS = r"[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*"
RATES = {"TinyBERT": 5e-4, "TinyGPT": 5e-4, "MiniLM": 2e-4}
SECONDS = {"TinyBERT": 90, "TinyGPT": 100, "MiniLM": 225}
DATA = {split: fingerprint(*map(show_brackets, named_entities(split))) for split in TUNED_SPLITS}
ABOUT = {
    "command": "python benchmarks/named_entities.py",
    "data": DATA,
    "scored_on": "every eighth validation sentence, all test sentences",
    "settings": "one thread; AdamW, warm-up over 50 steps, cosine to a tenth, decay 0.01, bfloat16",
}


def known_names(labelled) -> set[tuple[str, str]]:
    """Collect the names in labelled sentences, without titles: -> (name, label) of each."""
    return {(without_title(text[a:b]), label) for text, spans in labelled for a, b, label in spans}


def name_scores(labelled, found, known: set) -> dict:
    """Compare spans found with the labels: overall, per label, and for names seen in training or not.

    found: spans of each sentence; known: what `known_names` gives -> precision, recall, f1,
    f1_interval (over draws of sentences) and counts, (n, 3) of `metrics.span_counts`; PERSON_...
    and PLACE_...; seen_recall and unseen_recall (there is no precision: a wrong span is neither),
    the latter with an interval over draws of *names*, since mentions of one name are not
    independent, and with unseen, name -> [found, mentions]
    """
    true, found = [set(spans) for _, spans in labelled], [set(spans) for spans in found]
    counts = span_counts(true, found)
    interval = list(percentiles(tuple(zip(*counts)), f1_of))
    scores = span_scores(true, found) | {"f1_interval": interval, "counts": counts}
    for label in LABELS:
        of_label = [[{span for span in spans if span[2] == label} for spans in side] for side in (true, found)]
        scores |= {f"{label}_{name}": value for name, value in span_scores(*of_label).items()}
    mentions: dict[tuple[str, str], list[int]] = {}
    for (text, spans), hits in zip(labelled, found):
        for a, b, label in spans:
            counted = mentions.setdefault((without_title(text[a:b]), label), [0, 0])
            counted[0] += (a, b, label) in hits
            counted[1] += 1
    for group, wanted in (("seen", True), ("unseen", False)):
        kept = [counted for name, counted in mentions.items() if (name in known) == wanted]
        n = sum(n for _, n in kept)
        scores[f"{group}_recall"] = sum(right for right, _ in kept) / max(n, 1)
    unseen = {name: counted for (name, label), counted in sorted(mentions.items()) if (name, label) not in known}
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


def evaluation_split(split: str) -> tuple[Sentence, ...]:
    """Give what a tagger is scored on: all test sentences, every eighth validation sentence."""
    return named_entities(split)[:: 8 if split == "validation" else 1]


def tagger_steps() -> int:
    """Count the steps of all passes over the training sentences."""
    return -(-EPOCHS * len(training_sentences()) // BATCH)


def tunings() -> list[TaggerTuning]:
    """List all taggers."""
    return [
        TaggerTuning(encoder=encoder, frozen=False, steps=tagger_steps(), seed=seed, learning_rate=RATES[encoder])
        for encoder, n in SEEDS.items()
        for seed in range(n)
    ]


def run_tagger(tuning: TaggerTuning, report=None) -> dict:
    """Train one tagger and score it: -> a row of JSON values, `name_scores` of each split.

    A name counts as known if any training sentence has it, used or not, as a gazetteer would hold
    it.
    """
    tagger, known = Tagger(tuning), known_names(named_entities("train"))
    began = time.process_time()
    history = tagger.learn(training_sentences(), report)
    last = [step["loss"] for step in history[-20:]]
    row = {
        "tagger": tuning.encoder,
        **asdict(tuning),
        "loss": sum(last) / len(last),
        "seconds": history[-1]["seconds"],
        "cpu_seconds": round(time.process_time() - began, 1),
    }
    for split in ("validation", "test"):
        found = tagger.find([sentence.text for sentence in evaluation_split(split)])
        row[split] = name_scores(evaluation_split(split), found, known)
    del row["validation"]["counts"], row["validation"]["unseen"]
    return row


def run_baseline(name: str) -> dict:
    """Score a rule of BASELINES on the test sentences, in a row like `run_tagger`'s.

    The validation sentences were labelled by such a list, so no rule is scored there.
    """
    test, known = evaluation_split("test"), known_names(named_entities("train"))
    found = [BASELINES[name](sentence.text) for sentence in test]
    return {"tagger": name, "test": name_scores(test, found, known)}


def row_name(tuning: TaggerTuning) -> str:
    return f"{tuning.encoder}, fine-tuned, at the first piece, seed {tuning.seed}"


def rows() -> list[Row]:
    data = tuple(DATA.values())
    return [Row(name=name, make=lambda name=name: run_baseline(name), data=data) for name in BASELINES] + [
        Row(
            name=row_name(tuning),
            make=lambda tuning=tuning: run_tagger(tuning),
            data=data,
            weights=(MODELS[tuning.encoder][1],),
            seconds=SECONDS[tuning.encoder],
        )
        for tuning in tunings()
    ]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
