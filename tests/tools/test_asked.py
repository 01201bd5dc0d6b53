"""The figures of the pages of questions: drawn from the record, and said."""

import asked
import pytest

from bertgpt_book.records import recorded


@pytest.fixture(scope="module")
def shares():
    return asked.by_layer()


def test_each_layer_of_each_model_is_drawn_from_its_first_to_its_last(shares):
    (ax,) = asked.plot(shares).axes
    assert [len(line.get_xdata()) for line in ax.lines] == [30, 6, 4, 4, 4]
    for line, (name, each) in zip(ax.lines, shares.items(), strict=True):
        assert (
            line.get_label() == name
            and list(line.get_ydata()) == each
            and list(line.get_xdata())[:: len(each) - 1] == [0, 1]
        )


def test_the_large_models_have_a_sink_and_ours_have_none_as_the_page_says(shares):
    rows = recorded("questions")
    large = [row["largest"] for name, row in rows.items() if name.startswith("first place") and "tiny" not in name]
    small = [row["largest"] for name, row in rows.items() if name.startswith("first place, tiny")]
    assert min(large) > 0.6 and max(small) < 0.1 and rows["first place, smollm2, no <eos>"]["largest"] > 0.99
    assert rows["first place, tinybert"]["largest"] == max(small)
    assert "SmolLM2, 30 layers: 0 to" in asked.alt_text(shares)
