"""The contents at a page's side: the back matter is folded, but for a page that stands in it."""

import pytest
from book_theme import fold_back_matter

CAPTION = '<p aria-level="2" class="caption" role="heading"><span class="caption-text">{}</span></p>'
INNER = '<ul><li class="{}">one<ul><li>below it</li></ul></li><li>two</li></ul>'


@pytest.mark.parametrize("place, opened", [("current active", True), ("", False)])
def test_the_back_matter_folds_and_nothing_else(place, opened):
    before, after = CAPTION.format("Foundations") + INNER.format("current"), "</nav><ul></ul>"
    back, package, pages = CAPTION.format("Back matter"), CAPTION.format("The package"), INNER.format("")
    inner = INNER.format(place)
    folded = fold_back_matter(f"{before}{back}\n{inner}{package}\n{pages}{after}")
    state = " open" if opened else ""
    assert folded == (
        f'{before}<details class="part"{state}><summary>{back}</summary>{inner}</details>'
        f'<details class="part"><summary>{package}</summary>{pages}</details>{after}'
    )
    assert fold_back_matter(before) == before
