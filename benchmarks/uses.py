"""Record again what chapters 13 and 14 report: every row that is missing, or was made of other weights, code or texts.

    python benchmarks/uses.py --list       # which rows those are, and about how many seconds of a quiet core they take
    python benchmarks/uses.py              # make them, one after another, in one thread; started again, it goes on
    python benchmarks/uses.py --only 14    # those of one chapter

The records are src/bertgpt/assets/results/NAME.json; each script of the plan makes its own rows alone, too. All of it
takes about 7,600 seconds of a core, of which chapter 14 needs 2,000. Whatever asks MiniLM or counts words (some 3,300
of them) is not made again when the tiny pair is trained anew.
"""

import argparse

import few_labels
import first_lines
import named_entities
import next_sentence
import prompting
import search
import text_classification
from experiments import Row, record, stale

# chapter -> scripts, and the words that a row's name must have, all of them, for the chapter to need it
PLAN = {"14": {prompting: (), next_sentence: (), first_lines: (), text_classification: ("sentiment", "Tiny")},
        "13": {few_labels: (), text_classification: (), search: (), named_entities: ()}}


def needed(rows: list[Row], wanted: tuple[str, ...]) -> list[Row]:
    return [row for row in rows if all(word in row.name for word in wanted)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true", help="say what would be made, and make nothing")
    parser.add_argument("--only", choices=PLAN, metavar="CHAPTER", help="make the rows of one chapter")
    given, listed = parser.parse_args(), {}
    for script, wanted in (part for chapter, parts in PLAN.items() if given.only in (None, chapter)
                           for part in parts.items()):
        rows = script.rows()
        if not given.list:
            record(script.NAME, script.ABOUT, rows, wanted)
        else:
            listed |= {f"{script.NAME}: {row.name}": row.seconds for row in stale(script.NAME, needed(rows, wanted))}
    if given.list:
        print(*(f"{seconds:6.0f} s  {name}" for name, seconds in listed.items()), sep="\n")
        print(f"{sum(listed.values()):6.0f} s of a quiet core in all")


if __name__ == "__main__":
    main()
