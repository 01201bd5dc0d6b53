"""What is said in the page to have happened in a run."""

import json

RUN = {
    "baselines": [["uniform", 4.16], ["unigram", 2.96], ["bigram", 2.35]],
    "points": [
        dict(steps=steps, loss=loss, alone=alone)
        for steps, loss, alone in [
            (0, 4.3, 4.3),
            (25, 2.9, 2.9),
            (50, 2.2, 2.204),
            (75, 1.0, 3.5),
            (100, 0.5, 5.0),
            (125, 6.0, 6.0),
        ]
    ],
    "changes": [{"steps": 110, "mask": "causal"}],
}


def test_what_happened_is_told_once_and_in_order(in_node):
    found = in_node(
        "run_card.js",
        f'import {{ events }} from "./widget.mjs";console.log(JSON.stringify(events({json.dumps(RUN)})));',
    )
    assert found == [
        [25, "below the unigram (2.96)"],
        [50, "below the bigram (2.35)"],
        [75, "much worse when asked one at a time: it reads its answers"],
        [110, "the mask is now the triangle"],
    ]
