"""Record again what chapters 13, 14 and 19 report: every row that is missing, or was made from other weights or data.

The rows are those of several scripts, each of which also makes its own alone; --only 14 takes the rows of
one chapter, where 13 has those of page 19. At the end the models are compared with their rivals
(comparisons.py). All of it takes about 5,800 seconds of one core, of which chapter 14 needs 750. Rows of
MiniLM and of word counts (about 3,800 of them) are not made again when the tiny pair is trained anew.
"""

import comparisons
import few_labels
import first_lines
import fitted_heads
import named_entities
import next_sentence
import prompting
import search
import text_classification
from experiments import arguments, matching, print_rows, record, stale

# Chapter -> its scripts, and the words in the names of the rows that it needs.
PLAN = {
    "14": {prompting: (), next_sentence: (), first_lines: (), text_classification: ("sentiment", "Tiny")},
    "13": {few_labels: (), text_classification: (), search: (), named_entities: (), fitted_heads: ()},
}


def main() -> None:
    args = arguments(__doc__).parse_args()
    parts = [part for chapter in matching(PLAN, args.only) for part in PLAN[chapter].items()]
    if args.list:
        rows = {
            (script.NAME, row.name): row
            for script, only in parts
            for row in stale(script.NAME, script.rows(), only, args.out)
        }
        return print_rows((name, row) for (name, _), row in rows.items())
    for script, only in parts:
        record(script.NAME, script.ABOUT, script.rows(), only, args.out)
    comparisons.compare(args.out)


if __name__ == "__main__":
    main()
