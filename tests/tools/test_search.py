"""The search: a term's home is where it is made, the setup is not found, an exercise has its name."""

from types import SimpleNamespace

from book_search import homes, prepare
from docutils import nodes
from sphinx import addnodes
from sphinx_exercise.nodes import exercise_enumerable_node


def section(name: str, title: str, text: str):
    return nodes.section("", nodes.title("", title), nodes.paragraph("", text), ids=[name])


def book(**chapters):
    item = nodes.definition_list_item("", nodes.term("", "mask", ids=["term-mask"]),
                                      nodes.definition("", nodes.paragraph("", "A table.")))
    pages = {"chapters/glossary": nodes.section("", item)} | {
        f"chapters/{name}": nodes.section("", *sections, ids=["top"]) for name, sections in chapters.items()}
    return SimpleNamespace(all_docs=set(pages), get_doctree=pages.get)


def test_a_term_is_at_home_where_it_is_first_spoken_of_much():
    env = book(**{"00_a": [section("early", "Hello", "a mask")],
                  "03_b": [section("text", "More", "a mask, two masks, the mask"), section("made", "The mask", "x")],
                  "08_c": [section("late", "Later", "mask " * 9)]})
    assert homes(env) == {"chapters/00_a": [], "chapters/03_b": [("mask", "made")], "chapters/08_c": []}


def test_the_index_gets_a_copy_without_setup_with_names_and_homes():
    setup = nodes.container("", nodes.literal_block("", "%pip install mask"), classes=["cell", "tag_setup"])
    exercise = exercise_enumerable_node("", nodes.title("", " (A sliding window)"))
    page = nodes.section("", nodes.title("", "03 The mask"), setup, exercise)
    copy = prepare(page, [("causal mask", "step-1")])
    assert "pip" not in copy.astext() and "pip" in page.astext()
    assert [title.astext() for title in copy.findall(nodes.title)] == ["03 The mask", "A sliding window"]
    (index,) = copy.findall(addnodes.index)
    assert index["entries"] == [("single", "causal mask", "step-1", "main", None)]
