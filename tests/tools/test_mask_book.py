"""What the book adds to Sphinx, piece by piece; tests/browser/ looks at the pages themselves."""

from types import SimpleNamespace

import mask_book
from docutils import nodes
from docutils.frontend import get_default_settings
from docutils.parsers.rst import Parser
from docutils.utils import new_document


def doctree(*children):
    document = nodes.document(None, None)
    document.extend(children)
    return document


def test_a_description_is_the_first_paragraph_that_says_something():
    short, long = nodes.paragraph(text="Short."), nodes.paragraph(text="word " * 60)
    description = mask_book.describe(doctree(short, long))
    assert description.startswith("word word") and description.endswith("word…") and len(description) <= 160
    assert mask_book.describe(doctree(short)) == ""


def test_headings_name_the_two_models_in_their_colours():
    body = '<h2>BERT, <a title="GPT">GPT\'s</a> and GPT-2</h2><p>BERT</p>'
    app = SimpleNamespace(env=SimpleNamespace(found_docs=[]), config=SimpleNamespace(html_title="x", html_baseurl=""))
    context = {"body": body}
    mask_book.add_head(app, "page", "", context, None)
    assert context["body"] == (
        '<h2><span class="bert">BERT</span>, <a title="GPT"><span class="gpt">GPT</span>\'s</a>'
        " and GPT-2</h2><p>BERT</p>"
    )


def test_heads_of_the_two_models_are_marked_and_no_others():
    document = new_document("table", get_default_settings(Parser))
    Parser().parse("====  ===  =====\nBERT  GPT  shape\n====  ===  =====\nGPT   x    y\n====  ===  =====\n", document)
    mask_book.mark_models(None, document)
    assert [entry["classes"] for entry in document.findall(nodes.entry)][:4] == [["bert-head"], ["gpt-head"], [], []]


def test_a_figure_takes_the_words_beside_it_unless_it_has_its_own():
    pictures = [nodes.image(uri="a.png"), nodes.image(uri="b.png", alt="mine")]
    for picture in pictures:
        text = nodes.container("", nodes.literal_block(text="two masks,\nside by side"), mime_type="text/plain")
        image = nodes.container("", picture, mime_type="image/png")
        mask_book.describe_pictures(None, doctree(nodes.container("", text, image, nb_element="mime_bundle")))
    assert [picture["alt"] for picture in pictures] == ["two masks, side by side", "mine"]
