"""The parity meter without a browser: the page's arithmetic and words."""

import json

import pytest


def test_the_page_says_where_the_models_part_and_spreads_decades_evenly(in_node):
    rows = [[0, 4.8e-7], [0, 0.2, 0.5], [0.2, 0, 0.5], [0, 0, 220]]
    words, places = in_node(
        "parity_meter.js", f"""import {{ place, verdict }} from "./widget.mjs";
        console.log(JSON.stringify([{json.dumps(rows)}.map((row) => verdict(row, 1e-4)),
          [0, 1e-8, 1e-4, 1e3, 1e9].map(place)]));""")
    assert words == [
        "Equal to within 1e-4 everywhere. Largest difference: 4.8e-7.",
        "Above 1e-4 in layer 1 first, and in all that follows. Largest difference: 0.5.",
        "Above 1e-4 in the embeddings first, and in 1 of the 2 rows that follow. Largest difference: 0.5.",
        "Above 1e-4 in layer 2 first, there only. Largest difference: 220.",
    ]
    assert places == pytest.approx([0, 0, 4 / 11, 1, 1])                       # the axis: 1e-8 to 1e3
