"""What the shipped models reached: every figure of the record is drawn in its model's colour, and said."""

import pytest
import reached

from bertgpt_book.records import recorded


@pytest.fixture(scope="module")
def panels():
    return reached.by_panel()


def test_every_mark_and_every_aim_is_drawn_where_the_record_has_it(panels):
    for ax, (title, lines) in zip(reached.plot(panels).axes, panels.items(), strict=True):
        assert ax.get_title() == title
        marks = {(line.get_marker(), line.get_color(), line.get_xdata()[0]) for line in ax.lines}
        for figures, aim in lines.values():
            for name, found in figures.items():
                assert (*reached.MARKS[name], found["mean"]) in marks
            assert aim is None or any(list(line.get_xdata()) == [aim, aim] for line in ax.lines)


def test_the_alt_text_says_every_number(panels):
    said, card = reached.alt_text(panels), recorded("cards")["tinybert"]
    bert, words = (card[what]["stories, other stories"]["mean"] for what in ("next sentence, %", "shared words, %"))
    assert f"a story, or another story: TinyBERT {bert:.0f} (" in said and f"shared words {words:.0f} (" in said
    assert said.count("(") == sum(len(figures) for lines in panels.values() for figures, _ in lines.values())
    assert said.count(", aim ") == 7
