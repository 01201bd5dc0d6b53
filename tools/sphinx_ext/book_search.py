"""What the search finds: sections, each term's home first, exercises by their names, and no setup code.

Sphinx's index lists pages; here it lists their parts, `page#section`, which static/search.js makes links of.
The home of a term is the first chapter that uses it at least half as often as the one that uses it most.
"""

import html
import re
from collections import Counter
from collections.abc import Callable, Iterator

from book_numbers import chapter_of
from docutils import nodes
from sphinx import addnodes
from sphinx.search import IndexBuilder
from sphinx_exercise.nodes import is_exercise_node

GLOSSARY = "chapters/glossary"
REVIEW = {"exercises", "quiz", "summary"}
HEADING = 5  # a word in a heading counts like five in the text

# What readers search for by other words than the glossary's.
ALSO = {
    "BERT": "BERT",
    "GPT": "GPT",
    "fine-tune": "fine-tuning",
    "fine-tuned": "fine-tuning",
    "next-token prediction": "language modelling",
    "next-word prediction": "language modelling",
    "next word prediction": "language modelling",
    "next word": "language modelling",
    "ModernBERT": "ModernBERT",
    "masked language model": "masked language modelling",
    "prompt engineering": "prompt",
}
# Where a thing is done is not always where its name is first written.
HOMES = {
    "fine-tuning": "chapters/15_classify_a_text",
    "embedding": "chapters/01_tokens",
    "language modelling": "chapters/09_next_token_prediction",
    "KV cache": "chapters/12_decoding",
    "prompt": "chapters/17_prompts",
    "tokenizer": "chapters/01_tokens",
    "ModernBERT": "chapters/25_what_changed_since",
}


def finder(terms: dict[str, str]) -> Callable[[str], list[str]]:
    """Make a function that finds terms in a text, the longest first, also in the plural and with a capital.

    terms: name -> what it means, which is what is found
    """
    names = "|".join(map(re.escape, sorted(terms, key=len, reverse=True)))
    pattern, meant = re.compile(rf"(?<![\w\[-])({names})(?:e?s)?(?![\w-])", re.I), {n.lower(): terms[n] for n in terms}
    return lambda text: [meant[name.lower()] for name in pattern.findall(text)]


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
    """Return the names of what has its home in each chapter: document -> (name, section's id)."""
    terms = {term.astext(): term.astext() for term in env.get_doctree(GLOSSARY).findall(nodes.term)} | ALSO
    find = finder(terms)
    chapters = sorted(name for name in env.all_docs if chapter_of(name))
    counts = {name: mentions(env.get_doctree(name), find) for name in chapters}
    found: dict[str, list[tuple[str, str]]] = {name: [] for name in chapters}
    for term in sorted(set(terms.values())):
        totals = {name: sum(n for (each, _), n in counts[name].items() if each == term) for name in chapters}
        most = max(totals.values(), default=0)
        home = HOMES.get(term)
        if most > 1 or totals.get(home):
            if not totals.get(home):
                home = next(name for name in chapters if 2 * totals[name] >= most)
            here = {section: n for (each, section), n in counts[home].items() if each == term}
            section = max(here, key=lambda each: here[each])
            found[home] += [(name, section) for name, meant in terms.items() if meant == term]
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
    for entries in page.findall(addnodes.index):  # a page's own: they lead to their section
        entries["entries"] = [(kind, value, "", *rest) for kind, value, _, *rest in entries["entries"]]
    sections = {section["ids"][0]: section for section in page.findall(nodes.section)}
    for term, section in terms:
        place = section if isinstance(sections[section].parent, nodes.section) else ""  # or the page itself
        sections[section] += addnodes.index(entries=[("single", term, place, "main", None)])
    return page


def parts(page) -> Iterator[tuple[str, str, nodes.Element]]:
    """Cut a page up, the inner before the outer: -> id, title and content of each section and glossary entry."""

    def named(node) -> bool:
        return (
            isinstance(node, nodes.section)
            and node.children
            and isinstance(node[0], nodes.title)
            or isinstance(node, nodes.definition_list_item)
            and isinstance(node.parent.parent, addnodes.glossary)
        )

    for part in reversed([*page.findall(named)]):
        part.parent.remove(part)
        head = part if isinstance(part, nodes.section) else part[0]
        yield head["ids"][0], part[0].astext(), part


def index_better(app):
    """Hand Sphinx's index the parts of the prepared page instead of the page."""
    found: dict[str, list[tuple[str, str]]] = {}

    def index_page(pagename, doctree, title):
        if not found:
            found.update(homes(app.env))
        *inner, (_, _, rest) = parts(prepare(doctree, found.get(pagename, [])))
        feed, file = app.builder.indexer.feed, app.env.doc2path(pagename, base=False)
        feed(pagename, file, title, rest)
        for identity, name, part in inner:
            feed(f"{pagename}#{identity}", file, html.escape(name), part)

    app.builder.index_page = index_page


def setup(app):
    def prune(index, pages, whole=IndexBuilder.prune):
        whole(index, [part for part in index._titles if part.split("#")[0] in pages])

    IndexBuilder.prune = prune
    app.connect("builder-inited", index_better)
