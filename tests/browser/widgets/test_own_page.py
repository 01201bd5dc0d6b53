"""Widgets in a page of one's own, put there as teaching.md says: with a style of its own, and with no other host."""

import re
from pathlib import Path

import pytest
from IPython.display import HTML
from small_widgets import MAKERS, make_widget

from bertgpt_book.widgets import Predict

TEACHING = Path(__file__).resolve().parents[3] / "chapters" / "teaching.md"
LESSON = """<!doctype html><html lang="en" data-content_root="../"><head><meta charset="utf-8"><title>A lesson</title>
<link rel="icon" href="data:,">
<style>table {{ width: 50%; }} th, td {{ border: 1px solid; padding: 1rem; }} p, button {{ font: 2rem serif; }}</style>
</head><body><h1>A lesson</h1>{body}<p>The end of the lesson.</p></body></html>"""


@pytest.fixture
def teach(new_context, watch, server, tmp_path):
    """teach(widget, ...) -> a page with them in a site of one's own; it may request itself, and the paths in `own`."""

    def open_(*widgets, own=()):
        body = "\n".join(HTML(widget.static_html())._repr_html_() for widget in widgets)
        (tmp_path / "lessons").mkdir()
        (tmp_path / "lessons" / "one.html").write_text(LESSON.format(body=body), encoding="utf-8")
        site, page = f"{server.address}/", new_context().new_page()
        watch.watch(page, (f"{site}lessons/one.html", *(site + path for path in own)))
        page.goto(f"{site}lessons/one.html")
        return page

    return open_


def test_every_kind_starts_and_one_is_used_with_no_file_but_the_page(teach, small_models):
    made = [make_widget(name, *small_models.values()) for name in (*MAKERS, "head switcher")]
    page = teach(*made, Predict("Which?", ["square", "triangle"], answer="triangle", why="The past alone."))
    page.locator("figure").nth(len(made)).wait_for()
    explorer = page.locator('[data-bertgpt="LiveMaskExplorer"]')
    explorer.locator("input[name=mask][value=causal]").check()
    assert explorer.locator(".main > .heading").inner_text() == "BERT’s weights, GPT’s mask"
    assert explorer.locator("td.closed").count() == 15  # of six tokens
    page.get_by_role("button", name="triangle").last.click()
    page.get_by_text("The past alone.").first.wait_for()


def test_with_the_books_engine_beside_it_a_sentence_of_ones_own_is_read(teach, small_models, engine_folder, tmp_path):
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static" / "engine").symlink_to(engine_folder)
    page = teach(make_widget("mask explorer", *small_models.values()), own=["_static/engine/"])
    page.get_by_label("Your own sentence").fill("the cat sat")
    page.locator(".scroll:not(.waits) tbody th", has_text="cat").wait_for()


def test_the_lines_that_teaching_shows_make_a_page(teach):
    lines, made = re.search(r"```python\n(.*?)```", TEACHING.read_text(encoding="utf-8"), re.DOTALL)[1], {}
    exec(lines, made)
    page = teach(made["widget"])
    page.get_by_label("because his toy was broken.").check()
    page.get_by_text("sad").first.wait_for()
