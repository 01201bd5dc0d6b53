"""The list of references: labels as in the text, titles as they were published."""

from book_references import Style
from pybtex.database import parse_string

WORKS = """
@misc{a, author = {van den Berg, Ann and Roe, Bo and Poe, Cy}, title = {What Does {BERT} Look At? An Analysis},
         year = {2019}}
@misc{b, author = {Ito, Kei and Lee, Jo}, title = {Two Masks}, year = {2002}}
@misc{c, author = {Brown, Tom and others}, title = {Many}, year = {2020}}
@misc{d, author = {Taylor, Wilson}, title = {Cloze}, year = {1953}}
"""


def test_a_work_is_named_as_in_the_text_and_keeps_its_title():
    found = [*Style().format_entries(parse_string(WORKS, "bibtex").entries.values())]
    labels = ["Brown et al., 2020", "Ito and Lee, 2002", "Taylor, 1953", "van den Berg et al., 2019"]
    assert sorted(entry.label for entry in found) == labels
    assert any("What Does BERT Look At? An Analysis." in entry.text.render_as("text") for entry in found)
