"""What is so of every widget's page: it is the same each time, asks nobody for anything and takes no text for HTML."""

import re

HOSTILE = "</script><img src=x>"


def assert_harmless(make):
    """make() -> a widget out of texts that are HOSTILE"""
    page, again = (make().static_html().replace("http://www.w3.org/2000/svg", "") for _ in range(2))   # no address
    assert page == again
    asks = r"https?:|//[a-z]+\.|url\(|@import|\bimport\s*\(|^import\b|\bfetch\(|\brequire"
    assert not re.search(rf"{asks}|innerHTML|<img", page, re.MULTILINE)
    assert page.count("<script") == page.count("</script>") == 2
