"""The repairs of the theme fit the theme that is installed."""

import re
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import book_theme
import pytest


@pytest.mark.parametrize(
    "name, pattern", [("pydata-sphinx-theme", book_theme.THEME_REACH), ("bootstrap", book_theme.MEASURED)]
)
def test_the_theme_measures_nothing_before_the_page_is_drawn(name, pattern):
    theme = Path(find_spec("pydata_sphinx_theme").origin).parent / "theme" / "pydata_sphinx_theme" / "static"
    script = (theme / "scripts" / f"{name}.js").read_text(encoding="utf-8")
    left, found = pattern.subn("", script)
    assert found == 1 and len(script) - len(left) < 100


def test_a_page_is_a_light_one_until_a_script_knows_better():
    theme = Path(find_spec("pydata_sphinx_theme").origin).parent / "theme" / "pydata_sphinx_theme"
    tag = re.search("<html.*>", (theme / "layout.html").read_text(encoding="utf-8").split("set html_tag")[1])[0]
    page = re.sub("{%.*?%}", "", tag).replace("{{ default_mode }}", "auto") + '<body data-theme="auto">'
    assert book_theme.UNDECIDED.sub(r'\1"light"', page, count=1) == page.replace('"auto"', '"light"', 1)


def test_thebe_is_silenced():
    def other():
        pass

    def thebe():
        pass

    thebe.__module__ = "sphinx_thebe"
    listeners = {"builder-inited": [SimpleNamespace(handler=thebe), SimpleNamespace(handler=other)]}
    app = SimpleNamespace(
        registry=SimpleNamespace(css_files=[("sphinx-thebe.css", {}), ("book.css", {})]),
        events=SimpleNamespace(listeners=listeners),
    )
    book_theme.without_thebe(app)
    assert [each.handler for each in listeners["builder-inited"]] == [other]
    assert app.registry.css_files == [("book.css", {})]
