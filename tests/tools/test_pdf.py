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


def test_links_between_pages_become_links_within_one():
    whole = pdf.together(
        {
            "03_masks": page('<a href="glossary.html#term-mask">a</a><a href="glossary.html">b</a>'),
            "glossary": page('<p id="term-mask"></p><a href="https://x.org/y.html">c</a>'),
        }
    )
    assert whole.count("<article") == 2 and whole.count("<head>") == 1
    for identity in ("glossary-term-mask", "page-glossary"):
        assert f'href="#{identity}"' in whole and f'id="{identity}"' in whole
    assert 'href="https://x.org/y.html"' in whole


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
        assert re.findall(r"""href=["']([^"']*)""", article) == [
            f"#{name}-quiz",
            f"#{other}-quiz",
            f"#page-{other}",
            f"#page-{name}",
        ]
        assert f'aria-describedby="{name}-id1 {name}-quiz" for="{name}-id1"' in article


@pytest.mark.parametrize(
    "kept",
    [
        '<script>el.querySelector("#x").innerHTML = \'<p id="x"></p>\'</script>',
        "<style>#x { color: red }</style>",
        '<a href="../_downloads/a.html">a</a>',
        '<img alt="an id" src="a.svg#x"/>',
    ],
)
def test_what_is_no_name_of_the_page_stays(kept):
    assert kept in pdf.together({"a": page(kept)})


def test_a_page_that_is_not_built_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "BOOK", tmp_path)
    (tmp_path / "chapters").mkdir()
    for name in pdf.names()[:-1]:
        (tmp_path / "chapters" / f"{name}.html").write_text(page(name), encoding="utf-8")
    with pytest.raises(SystemExit, match=f"lacks chapters/{pdf.names()[-1]}.html: run `make book`"):
        pdf.print_book([])
    (tmp_path / "chapters" / f"{pdf.names()[-1]}.html").write_text(page("last"), encoding="utf-8")
    assert [*pdf.built([])] == pdf.names() and [*pdf.built(["03_masks"])] == ["03_masks"]
