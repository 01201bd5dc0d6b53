"""Flash cards in node: which cell of question x mask answers from a side that was never read first."""

import pytest

CELLS = [  # question, mask, cards, steps
    ("next", "causal", 120, 100),
    ("end", "bidirectional", 120, 100),
    ("blanks", "bidirectional", 120, 200),
    ("blanks", "causal", 120, 200),
]


@pytest.mark.slow
def test_a_side_never_read_first_is_known_only_by_the_square_asked_for_any_blank(in_node):
    found = in_node(
        ("engine/training/cards.js", "masks.js"),
        """const wasm = read("engine/training/kernels.wasm");
        return given.map(([question, mask, n, steps]) => {
          const cards = page.makeCards({ n, question, mask: page.buildMask(mask, 4), wasm });
          for (let i = 0; i < steps; i++) cards.step();
          return cards.report();
        });""",
        CELLS,
    )
    for report, (*_, n, _) in zip(found, CELLS, strict=True):
        assert report["forwards"] >= 0.97 * n and min(report["read"], report["bayes"]) >= 0.95 * n / 2
        assert len(report["said"]) == n / 2
    lost_by_gpt, only_sight, bert, only_question = (report["unread"] for report in found)
    assert bert >= 54 and max(lost_by_gpt, only_sight) <= 6 and only_question <= 3
