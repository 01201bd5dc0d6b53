"""Tables on a phone: rows that hold sentences become lists, others stay columns."""

import book_wide
import pytest
from docutils import nodes
from drawing import table

WHY = "habit: the first GPT had BERT's order, and a later one changed it"


@pytest.mark.parametrize(
    "row, is_list",
    [
        (["norms", "before the blocks", "after the blocks", WHY], True),
        (["the norms", "before the blocks, and", "after the blocks, and", "in the blocks as well"], False),
        (["norms", "one", "one", WHY[:46]], False),
        (["norms", f"after the blocks; {WHY}", WHY], False),
    ],
)
def test_rows_of_four_cells_with_a_sentence_become_lists(row, is_list):
    drawn = table(["", "BERT", "GPT", "why"][: len(row)], [row, row])
    book_wide.fit_tables(None, nodes.section("", drawn), "page")
    assert ("long-rows" in drawn["classes"]) is is_list
    named = [each.astext().strip() for each in drawn.findall(nodes.inline) if "column-name" in each["classes"]]
    assert named == (["", "BERT", "GPT", "why"] * 2 if is_list else [])
