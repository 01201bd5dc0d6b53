"""What the search finds: each term's home section first, exercises by their names, and no setup code.

The home of a glossary term is the first chapter that uses it at least half as often as the chapter that
uses it most, and there the section that uses it most; a heading counts more than text.
"""

from collections import Counter

from book_numbers import chapter_of
from book_terms import GLOSSARY, entries, matcher
from docutils import nodes
from sphinx import addnodes
from sphinx_exercise.nodes import is_exercise_node

REVIEW = {"exercises", "quiz", "summary"}
HEADING = 5      # a word in a heading counts like five in the text


def mentions(doctree, find) -> Counter:
    """Count each term in each section: (term, section's id) -> how often."""
    counts: Counter = Counter()
    for part in doctree.findall(lambda node: isinstance(node, (nodes.paragraph, nodes.title))):
        section = part.parent
        while section is not None and not isinstance(section, nodes.section):
            section = section.parent
        if section is not None and section["ids"][0] not in REVIEW:
            for term in find(part.astext()):
                counts[term, section["ids"][0]] += HEADING if isinstance(part, nodes.title) else 1
    return counts


def homes(env) -> dict[str, list[tuple[str, str]]]:
    """Return the terms whose home is each chapter: document -> (term, section's id)."""
    words, names = matcher(tuple(entries(env.get_doctree(GLOSSARY))))

    def find(text: str) -> list[str]:
        return [names[found.lastgroup] for found in words.finditer(text)]

    chapters = sorted(name for name in env.all_docs if chapter_of(name))
    counts = {name: mentions(env.get_doctree(name), find) for name in chapters}
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in chapters}
    for term in sorted(set(names.values())):
        totals = {name: sum(n for (each, _), n in counts[name].items() if each == term) for name in chapters}
        most = max(totals.values(), default=0)
        if most > 1:
            home = next(name for name in chapters if 2 * totals[name] >= most)
            here = {section: n for (each, section), n in counts[home].items() if each == term}
            found[home].append((term, max(here, key=lambda section: here[section])))
    return found


def prepare(doctree, terms: list[tuple[str, str]]):
    """Return a copy of a page as the search should know it."""
    page = doctree.deepcopy()
    for cell in [*page.findall(nodes.container)]:
        if "tag_setup" in cell.get("classes", []):
            cell.parent.remove(cell)
    for box in page.findall(is_exercise_node):
        title = next(box.findall(nodes.title))
        title.children = [nodes.Text(title.astext().strip(" ()"))]
    page += addnodes.index(entries=[("single", term, section, "main", None) for term, section in terms])
    return page


def index_better(app):
    """Hand Sphinx's index the prepared page instead of the page."""
    if app.builder.name != "html":
        return
    plain, found = app.builder.index_page, {}

    def index_page(pagename, doctree, title):
        if not found and GLOSSARY in app.env.all_docs:
            found.update(homes(app.env))
        plain(pagename, prepare(doctree, found.get(pagename, [])), title)

    app.builder.index_page = index_page


def setup(app):
    app.connect("builder-inited", index_better)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
