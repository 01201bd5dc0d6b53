"""What the shipped models reached: every figure of the record is drawn in its model's colour, and said."""

import reached

from bertgpt_book.records import recorded


def test_the_alt_text_says_every_number():
    panels = reached.by_panel()
    said, card = reached.alt_text(panels), recorded("cards")["tinybert"]
    bert, words = (card[what]["stories, other stories"]["mean"] for what in ("next sentence, %", "shared words, %"))
    assert f"a story, or another story: TinyBERT {bert:.0f} (" in said and f"shared words {words:.0f} (" in said
    assert said.count("(") == sum(len(figures) for lines in panels.values() for figures, _ in lines.values())
    assert said.count(", aim ") == 7
