"""Who finds the names in a novel that no list knows: rules, BERT or GPT, frozen or fine-tuned?

    python benchmarks/named_entities.py                    # every row that is missing or stale
    python benchmarks/named_entities.py TinyGPT first      # those whose name has all of these words

Writes src/bertgpt/assets/results/named_entities.json. Every model is trained alike: three passes over every third
training sentence; GPT is read at the first piece of a word, and frozen at the last piece, too. What a row found is kept
sentence by sentence and name by name, so that two rows can be compared on the same sentences.

All of it takes about 1,500 seconds of a core: models are fine-tuned from three seeds, in 90 seconds (TinyBERT), 100
(TinyGPT) or 280 (MiniLM) a seed; frozen models, of which only the head learns, from one.
"""

import re
import sys
import time
from dataclasses import asdict

from experiments import MODELS, Row, record

from bertgpt.tasks import entities, tagging
from bertgpt.tasks.entities import TITLE, Sentence, find_names, longest, named_entities
from bertgpt.tasks.tagging import Tagger, TaggerTuning, entity_hashes, known_names, name_scores

NAME = "named_entities"
EPOCHS, BATCH, EVERY = 3, 32, 3
SEEDS = {"TinyBERT": 3, "TinyGPT": 3, "MiniLM": 3}                     # of those that are fine-tuned
CAPITALS = r"[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*"
RATES = {True: dict.fromkeys(SEEDS, 1e-2), False: {"TinyBERT": 5e-4, "TinyGPT": 5e-4, "MiniLM": 2e-4}}   # frozen?
SECONDS = {True: {"TinyBERT": 25, "TinyGPT": 30, "MiniLM": 60}, False: {"TinyBERT": 90, "TinyGPT": 100, "MiniLM": 280}}
ABOUT = {"command": "python benchmarks/named_entities.py", "data": entity_hashes(),
         "scored_on": "every eighth validation sentence, all test sentences",
         "settings": "one thread; AdamW, warm-up over 50 steps, cosine to a tenth, decay 0.01, bfloat16"}


def find_titled(text: str) -> tuple:
    """Label by looking up, and take any capitalised words after a title for a person, too. -> spans"""
    titled = re.finditer(rf"\b(?:{TITLE})+{CAPITALS}", text)
    return longest([*find_names(text), *((*match.span(), "PERSON") for match in titled)])


def find_capitals(text: str) -> tuple:
    """Label every capitalised word inside a sentence as a person, neighbours and titles together. -> spans

    The first word of a text and the word "I" are no evidence and stay unlabelled.
    """
    runs = re.finditer(rf"\b(?:{TITLE})*{CAPITALS}", text)
    first = re.search(r"\w", text)
    return tuple((*run.span(), "PERSON") for run in runs
                 if first and run.start() != first.start() and run[0] != "I")


BASELINES = {"list of the training names": find_names, "list, and what follows a title": find_titled,
             "every capital a person": find_capitals}


def training_sentences() -> tuple[Sentence, ...]:
    """Give what a tagger learns from: every third training sentence."""
    return named_entities("train")[::EVERY]


def evaluation_split(split: str) -> tuple[Sentence, ...]:
    """Give what a tagger is scored on: all of the test sentences, every eighth of the validation sentences."""
    return named_entities(split)[:: 8 if split == "validation" else 1]


def tunings() -> list[TaggerTuning]:
    """Give every tagger: fine-tuned and frozen models read at the first piece, and frozen TinyGPT at the last, too."""
    steps = -(-EPOCHS * len(training_sentences()) // BATCH)
    chosen = [*((encoder, "first", False, seed) for encoder, seeds in SEEDS.items() for seed in range(seeds)),
              *((encoder, "first", True, 0) for encoder in SEEDS), ("TinyGPT", "last", True, 0)]
    return [TaggerTuning(encoder=encoder, frozen=frozen, steps=steps, learning_rate=RATES[frozen][encoder],
                         piece=piece, seed=seed) for encoder, piece, frozen, seed in chosen]


def run_tagger(tuning: TaggerTuning, report=None) -> dict:
    """Train one tagger and score it: -> a row of JSON values, what `name_scores` gives under each split's name.

    A name counts as known where any training sentence has it, seen or not, as a list of names would hold it.
    """
    tagger, known = Tagger(tuning), known_names(named_entities("train"))
    began = time.process_time()
    history = tagger.learn(training_sentences(), report)
    last = [step["loss"] for step in history[-20:]]
    row = {"tagger": tuning.encoder, **asdict(tuning), "loss": sum(last) / len(last),
           "seconds": history[-1]["seconds"], "cpu_seconds": round(time.process_time() - began, 1)}
    for split in ("validation", "test"):
        found = tagger.find([sentence.text for sentence in evaluation_split(split)])
        row[split] = name_scores(evaluation_split(split), found, known)
    del row["validation"]["counts"], row["validation"]["unseen"]
    return row


def run_baseline(name: str) -> dict:
    """Score a rule of BASELINES on the test sentences, in a row like `run_tagger`'s.

    The validation sentences are labelled by the first rule, so none of them is scored there.
    """
    found = [BASELINES[name](sentence.text) for sentence in evaluation_split("test")]
    return {"tagger": name, "test": name_scores(evaluation_split("test"), found, known_names(named_entities("train")))}


def row_name(tuning: TaggerTuning) -> str:
    words = [tuning.encoder, "frozen" if tuning.frozen else "fine-tuned", f"at the {tuning.piece} piece"]
    return ", ".join([*words, f"seed {tuning.seed}"])


def rows() -> list[Row]:
    data = tuple(entity_hashes().values())
    found = [Row(name=name, make=lambda name=name: run_baseline(name), code=(rule, entities, name_scores), data=data)
             for name, rule in BASELINES.items()]
    return found + [
        Row(name=row_name(tuning), make=lambda tuning=tuning: run_tagger(tuning), data=data,
            weights=(MODELS[tuning.encoder][1],), code=(entities, tagging, run_tagger, tunings),
            seconds=SECONDS[tuning.frozen][tuning.encoder]) for tuning in tunings()]


if __name__ == "__main__":
    record(NAME, ABOUT, rows(), sys.argv[1:])
