"""What the book adds to Sphinx, piece by piece; tests/browser/ looks at the pages themselves."""

import re
from importlib.util import find_spec
from pathlib import Path
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


def test_the_cache_follows_the_package_and_forgets_the_last(tmp_path):
    build, module = tmp_path / "_build", tmp_path / "src" / "bertgpt" / "masks.py"
    module.parent.mkdir(parents=True)
    module.write_text("a = 1\n")
    first = mask_book.cache_folder(tmp_path, build)
    first.mkdir(parents=True)
    assert mask_book.cache_folder(tmp_path, build) == first and first.exists()
    module.write_text("a = 2\n")
    second = mask_book.cache_folder(tmp_path, build)
    assert second != first and not first.exists()


def test_a_description_is_the_first_paragraph_that_says_something():
    short, long = nodes.paragraph(text="Short."), nodes.paragraph(text="word " * 60)
    said = mask_book.describe(doctree(short, long))
    assert said.startswith("word word") and said.endswith("word…") and len(said) <= 160
    assert mask_book.describe(doctree(short)) == ""


def test_heads_of_the_two_models_are_marked_and_no_others():
    document = new_document("table", get_default_settings(Parser))
    Parser().parse("====  ===  =====\nBERT  GPT  shape\n====  ===  =====\nGPT   x    y\n====  ===  =====\n", document)
    mask_book.mark_models(None, document)
    assert [entry["classes"] for entry in document.findall(nodes.entry)][:4] == [["bert-head"], ["gpt-head"], [], []]


def test_a_figure_takes_the_words_beside_it_unless_it_has_its_own():
    pictures = [nodes.image(uri="a.png"), nodes.image(uri="b.png", alt="mine")]
    for picture in pictures:
        text = nodes.container("", nodes.literal_block(text="two masks,\nside by side"), mime_type="text/plain")
        shown = nodes.container("", picture, mime_type="image/png")
        mask_book.describe_pictures(None, doctree(nodes.container("", text, shown, nb_element="mime_bundle")))
    assert [picture["alt"] for picture in pictures] == ["two masks, side by side", "mine"]


def test_the_theme_lays_out_no_fold_to_see_what_is_wide():
    theme = Path(find_spec("pydata_sphinx_theme").origin).parent / "theme" / "pydata_sphinx_theme" / "static"
    script = (theme / "scripts" / "pydata-sphinx-theme.js").read_text(encoding="utf-8")
    left, found = mask_book.THEME_REACH.subn("", script)
    assert found == 1 and len(script) - len(left) < 100


def test_a_page_is_a_light_one_until_a_script_knows_better():
    theme = Path(find_spec("pydata_sphinx_theme").origin).parent / "theme" / "pydata_sphinx_theme"
    tag = re.search("<html.*>", (theme / "layout.html").read_text(encoding="utf-8").split("set html_tag")[1])[0]
    page = re.sub("{%.*?%}", "", tag).replace("{{ default_mode }}", "auto") + '<body data-theme="auto">'
    assert mask_book.UNDECIDED.sub(r'\1"light"', page, count=1) == page.replace('"auto"', '"light"', 1)


def test_thebe_is_silenced():
    def other():
        pass

    def thebe():
        pass

    thebe.__module__ = "sphinx_thebe"
    listeners = {"builder-inited": [SimpleNamespace(handler=thebe), SimpleNamespace(handler=other)]}
    app = SimpleNamespace(registry=SimpleNamespace(css_files=[("sphinx-thebe.css", {}), ("book.css", {})]),
                          events=SimpleNamespace(listeners=listeners))
    mask_book.without_thebe(app)
    assert [each.handler for each in listeners["builder-inited"]] == [other]
    assert app.registry.css_files == [("book.css", {})]
