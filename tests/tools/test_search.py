"""The search: a term's home is where it is made, a part is found by its name, the setup is not found."""

from types import SimpleNamespace

from book_search import homes, parts, prepare
from docutils import nodes
from sphinx import addnodes
from sphinx_exercise.nodes import exercise_enumerable_node


def section(name: str, title: str, text: str):
    return nodes.section("", nodes.title("", title), nodes.paragraph("", text), ids=[name])


def book(**chapters):
    item = nodes.definition_list_item(
        "", nodes.term("", "mask", ids=["term-mask"]), nodes.definition("", nodes.paragraph("", "A table."))
    )
    pages = {"chapters/glossary": nodes.section("", item)} | {
        f"chapters/{name}": nodes.section("", *sections, ids=["top"]) for name, sections in chapters.items()
    }
    return SimpleNamespace(all_docs=set(pages), get_doctree=pages.get)


def test_a_term_is_at_home_where_it_is_first_spoken_of_much():
    env = book(
        **{
            "00_a": [section("early", "Hello", "a mask")],
            "03_b": [section("text", "More", "a mask, two masks, the mask"), section("made", "The mask", "x")],
            "08_c": [section("late", "Later", "mask " * 9 + "next word prediction, next-token prediction")],
        }
    )
    assert homes(env)["chapters/00_a"] == [] and homes(env)["chapters/03_b"] == [("mask", "made")]
    assert ("next word prediction", "late") in homes(env)["chapters/08_c"]  # by another name


def test_the_index_gets_a_copy_without_setup_with_names_and_homes():
    setup = nodes.container("", nodes.literal_block("", "%pip install mask"), classes=["cell", "tag_setup"])
    exercise = exercise_enumerable_node("", nodes.title("", " (A sliding window)"))
    step = section("step-1", "A mask", "x")
    page = nodes.section("", nodes.title("", "03 The mask"), setup, exercise, step, ids=["top"])
    copy = prepare(page, [("causal mask", "step-1"), ("mask", "top")])
    assert "pip" not in copy.astext() and "pip" in page.astext()
    assert [title.astext() for title in copy.findall(nodes.title)] == ["03 The mask", "A sliding window", "A mask"]
    found = [(each.parent["ids"], *each["entries"]) for each in copy.findall(addnodes.index)]
    assert found == [
        (["step-1"], ("single", "causal mask", "step-1", "main", None)),
        (["top"], ("single", "mask", "", "main", None)),
    ]


def test_a_page_is_cut_into_its_sections_and_the_glossary_into_its_entries():
    item = nodes.definition_list_item(
        "", nodes.term("", "mask", ids=["term-mask"]), nodes.definition("", nodes.paragraph("", "A table."))
    )
    entries = addnodes.glossary("", nodes.definition_list("", item))
    page = nodes.section(
        "",
        nodes.title("", "Glossary"),
        nodes.paragraph("", "Terms."),
        entries,
        section("more", "More", "inner"),
        ids=["top"],
    )
    found = {
        identity: (title, part.astext().split("\n\n"))
        for identity, title, part in parts(nodes.document("", "", "", page))
    }
    assert found == {
        "top": ("Glossary", ["Glossary", "Terms.", ""]),
        "term-mask": ("mask", ["mask", "A table."]),
        "more": ("More", ["More", "inner"]),
    }
