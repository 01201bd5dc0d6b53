"""Terms: a chapter's first use of each is a link that carries its definition, and nothing else becomes one."""

import re
from types import SimpleNamespace

from book_terms import link_terms, matcher, opening
from docutils import nodes

TERMS = ("mask", "attention mask", "loss", "AdamW", "[MASK]", "block", "calibration (of answers)")


def found(text: str) -> list[tuple[str, str]]:
    words, names = matcher(TERMS)
    return [(match[0], names[match.lastgroup]) for match in words.finditer(text)]


def test_the_longest_term_wins_in_the_plural_and_after_a_full_stop():
    assert found("Attention masks, losses.") == [("Attention masks", "attention mask"), ("losses", "loss")]


def test_signs_capitals_and_parts_of_words_are_told_apart():
    assert found("[MASK] and AdamW") == [("[MASK]", "[MASK]"), ("AdamW", "AdamW")]
    assert found("unmask, masked, lossless, adamw, Mask-free, the block") == []


def test_a_definition_opens_with_a_sentence_that_says_something():
    assert opening("A word with four meanings. Here it is a table of True and False. More.").endswith("and False.")
    long = "The one number that training makes smaller, here the cross-entropy of the right token."
    assert opening(f"{long} In BERT it counts the chosen tokens.") == long


def page_of(text: str, name: str = "chapters/03_masks") -> list[str]:
    item = nodes.definition_list_item(
        "",
        nodes.term("", "mask", ids=["term-mask"]),
        nodes.definition("", nodes.paragraph("", 'True means "may". ' + "x" * 60)),
    )
    app = SimpleNamespace(
        builder=SimpleNamespace(format="html", get_relative_uri=lambda here, there: "glossary.html"),
        env=SimpleNamespace(all_docs={"chapters/glossary"}, get_doctree=lambda name: nodes.section("", item)),
    )
    page = nodes.section(
        "", nodes.title("", "The mask"), nodes.paragraph("", "", nodes.literal("", "mask"), nodes.Text(text))
    )
    link_terms(app, page, name)
    return [raw.astext() for raw in page.findall(nodes.raw)]


def test_the_first_use_in_prose_is_linked_once():
    (link,) = page_of("a mask is a mask")
    assert re.match(r'<a class="glossary-term" href="glossary.html#term-mask" data-definition="True means &quot;', link)


def test_back_matter_is_left_alone():
    assert page_of("a mask", "chapters/notation") == []
