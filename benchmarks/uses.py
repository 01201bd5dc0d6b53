"""Record again what chapters 13 and 14 report: every row that is missing, or was made of other weights, code or texts.

    python benchmarks/uses.py --list      # which rows those are, and about how many seconds of a quiet core they take
    python benchmarks/uses.py             # make them, one after another, in one thread; started again, it goes on

The records are src/bertgpt/assets/results/NAME.json; each script of the list makes its own rows alone, too.
"""

import argparse

import few_labels
import first_lines
import named_entities
import next_sentence
import prompting
import search
import text_classification
from experiments import record, stale

SCRIPTS = [few_labels, prompting, next_sentence, search, first_lines, named_entities, text_classification]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true", help="say what would be made, and make nothing")
    listed, total = parser.parse_args().list, 0.0
    for script in SCRIPTS:
        if not listed:
            record(script.NAME, script.ABOUT, script.rows())
            continue
        for row in stale(script.NAME, script.rows()):
            print(f"{row.seconds:6.0f} s  {script.NAME}: {row.name}")
            total += row.seconds
    if listed:
        print(f"{total:6.0f} s of a quiet core in all")


if __name__ == "__main__":
    main()
