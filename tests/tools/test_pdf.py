"""The book as one page for the printer: every page in order, links within it, nothing left for later."""

import re

import pdf
import pytest


def page(body: str) -> str:
    return f'<html><head><title>t</title></head><body><article class="bd-article">{body}</article></body></html>'


def test_pages_stand_in_the_order_of_the_contents():
    order = pdf.names()
    assert order[0] == "index" and order.index("03_masks") < order.index("05_two_models") < order.index("glossary")
    assert len(order) == len(set(order))


@pytest.mark.parametrize("link", ["api/model.html#x", "../chapters/glossary.html", "glossary.html#term-mask"])
def test_a_link_to_a_page_that_is_not_printed_leads_to_the_web(link):
    whole = pdf.together({"api": page(f'<a href="{link}">m</a>')})
    assert re.search(rf'href="https://[^"]*/chapters/{link.removeprefix("../chapters/")}"', whole)


def test_pages_keep_apart_what_they_give_the_same_name():
    pages = {
        name: page(
            f'<h2 id="quiz">{name}</h2><a href="#quiz">own</a><a href="{other}.html#quiz">other</a>'
            f"<a href='../chapters/{other}.html'>page</a><a href=\"#\">top</a>"
            '<input id="id1"><label for="id1" aria-describedby="id1 quiz">x</label>'
        )
        for name, other in (("a", "b"), ("b", "a"))
    }
    whole = pdf.together(pages)
    identities = re.findall(r'\bid="([^"]*)"', whole)
    assert identities == ["page-a", "a-quiz", "a-id1", "page-b", "b-quiz", "b-id1"]
    for name, other in (("a", "b"), ("b", "a")):
        article = whole[whole.index(f'id="page-{name}"') :].partition("</article>")[0]
        links = re.findall(r"""href=["']([^"']*)""", article)
        assert links == [f"#{name}-quiz", f"#{other}-quiz", f"#page-{other}", f"#page-{name}"]
        assert f'aria-describedby="{name}-id1 {name}-quiz" for="{name}-id1"' in article


KEPT = ['<script>el.querySelector("#x").innerHTML = \'<p id="x"></p>\'</script>', "<style>#x { color: red }</style>"]
KEPT += ['<a href="../_downloads/a.html">a</a>', '<img alt="an id" src="a.svg#x"/>']


@pytest.mark.parametrize("kept", KEPT)
def test_what_is_no_name_of_the_page_stays(kept):
    assert kept in pdf.together({"a": page(kept)})


def test_a_chapters_number_is_enough():
    assert [*map(pdf.whole_name, ("03", "03_masks", "glossary"))] == ["03_masks", "03_masks", "glossary"]


def test_a_page_that_is_not_built_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "BOOK", tmp_path)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "index.html").write_text(page("first"), encoding="utf-8")
    assert [*pdf.built(["index"])] == ["index"]
    with pytest.raises(SystemExit, match=f"lacks chapters/{pdf.names()[1]}.html: run `make book`"):
        pdf.print_book([])
