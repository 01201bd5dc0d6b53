"""Recorded experiments: written whole, read back, and complete where they ship."""

import pytest

from bertgpt import results


def test_a_fingerprint_tells_texts_and_their_borders_apart():
    assert results.fingerprint("ab", "c") != results.fingerprint("a", "bc") != results.fingerprint("abc")
    assert results.fingerprint("ab", "c") == results.fingerprint("ab", "c")


@pytest.mark.parametrize("path", sorted(results.RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_experiment_says_how_it_was_made(path):
    found = results.load_results(path.stem)
    assert {"command", "data", "machine"} <= set(found["about"]) and found["rows"]
