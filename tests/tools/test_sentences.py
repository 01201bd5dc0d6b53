"""The sentence to remember: one a chapter, at the end of its road, and all of them on one page."""

import nbformat
import pytest
from book_sentences import ROOT, TAG, sentence_of, sentences

PAGES = sorted((ROOT / "chapters").glob("*.ipynb"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_chapter_ends_its_road_with_one_bold_sentence(path):
    cells = nbformat.read(path, as_version=4).cells
    after = [cell for cell in cells if TAG in cell.metadata.get("tags", [])][-1:]
    place = cells.index(after[0])
    assert cells[place].cell_type == "markdown"
    assert cells[place + 1].source.startswith(("## Exercises", "## At your desk", "## Summary"))


def test_the_list_has_every_chapter_once_in_the_order_of_the_contents():
    assert [name for name, *_ in sentences()] == [path.name for path in PAGES]
    assert "{sentences}" in (ROOT / "chapters" / "two_pages.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("cells", [[], ["**One.**", "**Two.**"], ["Not bold."], ["**Bold** and **bold**"]])
def test_a_chapter_without_one_bold_sentence_is_refused(cells):
    made = [nbformat.v4.new_markdown_cell(text, metadata={"tags": [TAG]}) for text in cells]
    with pytest.raises(ValueError, match="one bold sentence"):
        sentence_of(nbformat.v4.new_notebook(cells=made))
