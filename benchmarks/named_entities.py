"""Who finds the names in a novel that no list knows: rules, BERT or GPT, frozen or fine-tuned?

    python benchmarks/named_entities.py                  # every row that is not recorded yet
    python benchmarks/named_entities.py --steps 20 --out /tmp      # a rehearsal

Each row is one run of `run_tagger` or `run_baseline`; the file is written after every row, so a run that
is stopped goes on where it was.
"""

import argparse
import re
import time
from dataclasses import asdict, replace
from pathlib import Path

from experiments import save_results

from bertgpt.results import RESULTS, load_results
from bertgpt.tasks.entities import TITLE, Sentence, find_names, longest, named_entities
from bertgpt.tasks.tagging import Tagger, TaggerTuning, entity_hashes, known_names, name_scores

NAME = "named_entities"
CAPITALS = r"[A-Z][\w-]*(?:\s+[A-Z][\w-]*)*"
TUNINGS = [
    TaggerTuning(encoder="TinyBERT", frozen=False, steps=200, learning_rate=5e-4),
    TaggerTuning(encoder="TinyBERT", frozen=True, steps=200, learning_rate=1e-2),
    TaggerTuning(encoder="TinyGPT", frozen=True, steps=200, learning_rate=1e-2, piece="last"),
    TaggerTuning(encoder="TinyGPT", frozen=False, steps=200, learning_rate=5e-4, piece="last"),
    TaggerTuning(encoder="TinyBERT", frozen=False, steps=200, learning_rate=5e-4, disguised=0.0),
    TaggerTuning(encoder="MiniLM", frozen=True, steps=200, learning_rate=1e-2),
    TaggerTuning(encoder="MiniLM", frozen=False, steps=200, learning_rate=2e-4),
    TaggerTuning(encoder="TinyGPT", frozen=True, steps=200, learning_rate=1e-2, piece="first"),
]


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


def evaluation_split(split: str) -> tuple[Sentence, ...]:
    """Give what a tagger is scored on: all of the test sentences, every eighth of the validation sentences."""
    return named_entities(split)[:: 8 if split == "validation" else 1]


def run_tagger(tuning: TaggerTuning, report=None) -> dict:
    """Train one tagger and score it: -> a row of JSON values, what `name_scores` gives under each split's name."""
    tagger, known = Tagger(tuning), known_names(named_entities("train"))
    began = time.process_time()
    history = tagger.learn(named_entities("train"), report)
    last = [step["loss"] for step in history[-20:]]
    row = {"tagger": tuning.encoder, **asdict(tuning), "loss": sum(last) / len(last),
           "seconds": history[-1]["seconds"], "cpu_seconds": round(time.process_time() - began, 1)}
    for split in ("validation", "test"):
        found = tagger.find([sentence.text for sentence in evaluation_split(split)])
        row[split] = name_scores(evaluation_split(split), found, known)
    return row


def run_baseline(name: str) -> dict:
    """Score a rule of BASELINES on the test sentences, in a row like `run_tagger`'s.

    The validation sentences are labelled by the first rule, so none of them is scored there.
    """
    found = [BASELINES[name](sentence.text) for sentence in evaluation_split("test")]
    return {"tagger": name, "test": name_scores(evaluation_split("test"), found, known_names(named_entities("train")))}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, help="of every row, instead of its own")
    parser.add_argument("--seeds", type=int, default=3, help="of the small pair; MiniLM has one")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    tunings = [replace(tuning, seed=seed, steps=args.steps or tuning.steps) for seed in range(args.seeds)
               for tuning in TUNINGS if seed == 0 or tuning.encoder != "MiniLM"]
    about = {"command": "python benchmarks/named_entities.py", "data": entity_hashes(),
             "scored_on": "every eighth validation sentence, all test sentences"}
    rows = [run_baseline(name) for name in BASELINES]
    if (args.out / f"{NAME}.json").exists():
        before = load_results(NAME, args.out)
        rows += [row for row in before["rows"] if "encoder" in row and before["about"]["data"] == about["data"]]
    for tuning in tunings:
        if not any(asdict(tuning).items() <= row.items() for row in rows):
            rows.append(run_tagger(tuning))
            save_results(NAME, about, rows, args.out)
            test = rows[-1]["test"]
            print(f"{tuning}: test F1 {test['f1']:.3f}, unseen names {test['unseen_recall']:.3f}, "
                  f"{rows[-1]['cpu_seconds']} CPU seconds", flush=True)


if __name__ == "__main__":
    main()
