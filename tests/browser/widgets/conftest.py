"""Widgets on a bare page: no book, no kernel, no network.

show(widget, ...) writes the widgets' HTML to a file, opens it and returns the Playwright page; the test
fails at its end if the page logged an error or asked for any other address.
"""

import pytest

PAGE = """<!doctype html><html lang="en"{theme}><head><meta charset="utf-8"><title>widgets</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head><body>{body}</body></html>"""


@pytest.fixture
def show(browser, tmp_path):
    contexts, faults = [], []

    def open_(*widgets, width=1280, theme=None, **options):
        file = tmp_path / "page.html"
        body = "\n".join(widget._repr_mimebundle_()[0]["text/html"] for widget in widgets)
        attribute = f' data-theme="{theme}"' if theme else ""
        file.write_text(PAGE.format(theme=attribute, body=body), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(5_000)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: request.url == file.as_uri() or faults.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text))
        page.on("dialog", lambda dialog: (faults.append("a script of a token ran"), dialog.dismiss()))
        page.goto(file.as_uri())
        page.locator(".bertgpt figure").first.wait_for()
        return page

    yield open_
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def reached_by_tab():
    """Press Tab through a page and tell what had the focus: [(tag, type, name, text), ...]."""

    def walk(page, presses=60):
        what = """() => { const e = document.activeElement;
            return [e.tagName.toLowerCase(), e.type ?? "", e.name ?? "", e.closest("label, button, td")
                ?.textContent.trim() ?? ""]; }"""
        seen = []
        for _ in range(presses):
            page.keyboard.press("Tab")
            found = tuple(page.evaluate(what))
            if found[0] == "body":
                break
            seen.append(found)
        return seen

    return walk
