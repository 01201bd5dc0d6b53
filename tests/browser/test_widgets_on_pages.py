"""Every widget of the built book, where the reader meets it: started, named, and moved by its own controls."""

import re
from pathlib import Path

import pytest

BOOK = Path(__file__).resolve().parents[2] / "_build" / "html"
CHAPTERS = sorted(path.relative_to(BOOK).as_posix() for path in BOOK.glob("chapters/*.html"))
HOST = "[data-bertgpt]:not([data-bertgpt=Quiz])"
WITH_WIDGETS = [name for name in CHAPTERS
                if re.search(r'data-bertgpt="(?!Quiz)\w+"', (BOOK / name).read_text(encoding="utf-8"))]

# Turn a control once, as a reader would, and say whether it could be turned.
TURN = """(control) => {
  if (control.disabled) return false;
  if (control.matches("button, input[type=radio], input[type=checkbox]")) { control.click(); return true; }
  if (control.matches("select")) control.selectedIndex = (control.selectedIndex + 1) % control.options.length;
  else control.value = control.value === control.max ? control.min : control.max;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}"""
SEEN = """(host) => host.innerHTML + [...host.querySelectorAll("input, select")].map((c) => c.checked + c.value)"""


def test_most_chapters_have_a_widget():
    assert len(WITH_WIDGETS) >= 11


@pytest.mark.parametrize("name", WITH_WIDGETS)
def test_a_widget_moves_when_its_controls_do(name, open_page):
    page = open_page(name)
    page.evaluate("document.documentElement.dataset.answers = 'open'")        # some wait for an answer
    hosts = page.locator(HOST).all()
    assert hosts
    for host in hosts:
        host.scroll_into_view_if_needed()
        kind = host.get_attribute("data-bertgpt")
        assert host.get_attribute("data-started") == "" and host.inner_text().strip(), kind
        controls = host.locator("select:has(option + option), button, input[type=range], "
                                "input[type=radio]:not(:checked), input[type=checkbox]")
        moved = 0
        for index in range(min(controls.count(), 8)):
            before = host.evaluate(SEEN)
            if index < controls.count() and controls.nth(index).evaluate(TURN):      # some controls come and go
                moved += host.evaluate(SEEN) != before
        assert moved or not controls.count(), f"{kind}: nothing moves"
