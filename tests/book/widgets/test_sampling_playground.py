"""The sampling playground without a browser: what is stored, and the page's cuts against the package's own."""

import pytest
import torch
from small_widgets import TEXTS, WORDS

from bertgpt.inference.decoding import filter_logits
from bertgpt_book.widgets.sampling_playground import look_ahead

TOP = 12
SETTINGS = [(1.0, 0, 1.0), (0.1, 0, 1.0), (2.0, 0, 1.0), (0.7, 5, 1.0), (1.3, 0, 0.15), (1.0, 0, 0.9), (1.0, 8, 0.6)]


def test_the_pages_probabilities_are_the_packages_before_and_after_the_cuts(word_models, in_node):
    _, model, _ = word_models
    look = look_ahead(model, WORDS, TEXTS[0], n_positions=1, top=TOP)[0]
    found, greedy, part = in_node(
        "sampling_playground.js",
        """const [{ logits, rest }, all] = given, logs = [0.5, 0.3, 0.2].map(Math.log);
        return [all.map((settings) => page.shares(logits, rest, ...settings)), page.shares(logits, rest, 0, 3, 0.5),
          page.shares(logs.slice(0, 2), Array(20).fill(logs[2]), 1, 0, 0.9)[1]];""",
        [look, SETTINGS],
    )
    assert greedy == [[1] + [0] * TOP] * 2
    assert part == pytest.approx([0.5 / 0.9, 0.3 / 0.9, 0.1 / 0.9])  # top-p keeps a part of the others
    with torch.inference_mode():
        logits = model(torch.tensor([WORDS.encode(TEXTS[0])]))[:, -1]  # (1, V)
    order = logits[0].argsort(descending=True)
    for (temperature, top_k, top_p), page in zip(SETTINGS, found, strict=True):
        scaled = logits / temperature
        for mine, cut in zip(page, (scaled, filter_logits(scaled, top_k or None, top_p)), strict=True):
            p = cut.softmax(-1)[0][order]
            expected = torch.cat([p[:TOP], p[TOP:].sum()[None]])  # all others as one
            torch.testing.assert_close(torch.tensor(mine), expected, atol=2e-3, rtol=1e-3)
            assert [share > 0 for share in mine[:TOP]] == (expected[:TOP] > 0).tolist()
