"""Record again what chapters 13, 14 and 19 report: every row that is missing, or was made from other weights or data.

    python benchmarks/uses.py --list       # list those rows, and their approximate seconds on a quiet core
    python benchmarks/uses.py              # make them one after another, in one thread; it can be resumed
    python benchmarks/uses.py --only 14    # only the rows of one chapter; 13 has those of page 19

The records are src/bertgpt_book/results/NAME.json; each script of the plan also makes its own
rows alone. At the end the models are compared with their rivals (comparisons.py). All of it takes
about 5,000 seconds of one core, of which chapter 14 needs 750. Rows of MiniLM and of word counts
(about 3,500 of them) are not made again when the tiny pair is trained anew.
"""

import argparse

import comparisons
import few_labels
import first_lines
import fitted_heads
import named_entities
import next_sentence
import prompting
import search
import text_classification
from experiments import Row, record, stale

# Chapter -> its scripts, and the words in the names of the rows that it needs.
PLAN = {
    "14": {prompting: (), next_sentence: (), first_lines: (), text_classification: ("sentiment", "Tiny")},
    "13": {few_labels: (), text_classification: (), search: (), named_entities: (), fitted_heads: ()},
}


def needed(rows: list[Row], wanted: tuple[str, ...]) -> list[Row]:
    return [row for row in rows if all(word in row.name for word in wanted)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", action="store_true", help="list what would be made, and make nothing")
    parser.add_argument("--only", choices=PLAN, metavar="CHAPTER", help="make the rows of one chapter")
    args = parser.parse_args()
    parts = [part for chapter, scripts in PLAN.items() if args.only in (None, chapter) for part in scripts.items()]
    if not args.list:
        for script, words in parts:
            record(script.NAME, script.ABOUT, script.rows(), words)
        return comparisons.compare()
    listed = {
        f"{script.NAME}: {row.name}": row.seconds
        for script, words in parts
        for row in stale(script.NAME, needed(script.rows(), words))
    }
    print(*(f"{seconds:6.0f} s  {name}" for name, seconds in listed.items()), sep="\n")
    print(f"{sum(listed.values()):6.0f} s of a quiet core in all")


if __name__ == "__main__":
    main()
