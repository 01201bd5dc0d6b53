"""The figures of the pages of questions: drawn from the record, and said."""

from types import SimpleNamespace

import asked
from docutils import nodes
from sphinx.addnodes import pending_xref

from bertgpt_book.records import recorded


def test_the_large_models_have_a_sink_and_ours_have_none_as_the_page_says():
    rows = recorded("questions")
    large = [row["largest"] for name, row in rows.items() if name.startswith("first place") and "tiny" not in name]
    small = [row["largest"] for name, row in rows.items() if name.startswith("first place, tiny")]
    assert min(large) > 0.6 and max(small) < 0.1 and rows["first place, smollm2, no <eos>"]["largest"] > 0.99
    assert rows["first place, tinybert"]["largest"] == max(small)
    assert "SmolLM2, 30 layers: 0 to" in asked.alt_text(asked.by_layer())


def question(title: str, *chapters: str) -> nodes.section:
    links = [pending_xref("", reftype="myst", reftarget=f"chapters/{chapter}") for chapter in chapters]
    here = nodes.paragraph("", "", nodes.strong("", "Here:"), *links)
    return nodes.section("", nodes.title("", title), nodes.paragraph("", "It is so."), here, ids=[title.lower()])


def test_a_chapter_ends_with_questions_that_it_answers_the_main_ones_first():
    page = nodes.section("", question("Beside?", "09_fair_fight", "03_masks"), question("Main?", "03_masks"))
    env = SimpleNamespace(get_doctree={asked.PAGE: page}.get)
    builder = SimpleNamespace(get_relative_uri=lambda here, there: "questions.html")
    lines = []
    for name in ("chapters/03_masks", "chapters/04_block", "chapters/glossary"):
        chapter = nodes.document(None, None)
        chapter += nodes.section("", nodes.title("", "A chapter"), nodes.section("", nodes.title("", "Summary")))
        asked.name_questions(SimpleNamespace(env=env, builder=builder), chapter, name)
        lines.append([(link.astext(), link["refuri"]) for link in chapter[0][-1].findall(nodes.reference)])
    everything = ("All fifty questions", "questions.html")
    main, beside = ("Main?", "questions.html#main?"), ("Beside?", "questions.html#beside?")
    assert lines == [[main, beside, everything], [everything], []]
