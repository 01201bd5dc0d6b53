"""The figures of the pages of questions: drawn from the record, and said."""

import asked

from bertgpt_book.records import recorded


def test_the_large_models_have_a_sink_and_ours_have_none_as_the_page_says():
    rows = recorded("questions")
    large = [row["largest"] for name, row in rows.items() if name.startswith("first place") and "little" not in name]
    small = [row["largest"] for name, row in rows.items() if name.startswith("first place, little")]
    assert min(large) > 0.6 and max(small) < 0.1 and rows["first place, smollm2, no <eos>"]["largest"] > 0.99
    assert rows["first place, littlebert"]["largest"] == max(small)
    assert "SmolLM2, 30 layers: 0 to" in asked.alt_text(asked.by_layer())
