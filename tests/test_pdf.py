"""The book as one page for the printer: every page in order, links within it, nothing left for later."""

import pdf


def page(body: str) -> str:
    return f'<html><head><title>t</title></head><body><article class="bd-article">{body}</article></body></html>'


def test_pages_stand_in_the_order_of_the_contents():
    order = pdf.names()
    assert order[0] == "index" and order.index("03_masks") < order.index("05_two_models") < order.index("glossary")
    assert len(order) == len(set(order))


def test_links_between_pages_become_links_within_one():
    whole = pdf.together({"03_masks": page('<a href="glossary.html#term-mask">a</a><a href="glossary.html">b</a>'),
                          "glossary": page('<p id="term-mask"></p><a href="https://x.org/y.html">c</a>')})
    assert whole.count("<article") == 2 and whole.count("<head>") == 1
    for link in ('href="#term-mask"', 'href="#page-glossary"', 'id="page-glossary"'):
        assert link in whole
    assert 'href="https://x.org/y.html"' in whole


def test_no_picture_is_left_for_later():
    assert 'loading="lazy"' not in pdf.together({"a": page('<img src="x.svg" loading="lazy"/>')})
