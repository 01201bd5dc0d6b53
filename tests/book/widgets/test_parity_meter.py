"""The axis of the parity meter without a browser."""

import pytest


def test_decades_are_spread_evenly(in_node):
    places = in_node(
        "parity_meter.js",
        """import { place } from "./widget.mjs";
        console.log(JSON.stringify([0, 1e-8, 1e-4, 1e3, 1e9].map(place)));""",
    )
    assert places == pytest.approx([0, 0, 4 / 11, 1, 1])  # the axis: 1e-8 to 1e3
