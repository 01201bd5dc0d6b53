"""Glossary terms: in each chapter the first use of a term links to the glossary and shows its definition.

The opening of the definition stands in the link itself; static/terms.js shows it on hover and on focus.
Without scripts the link is a link.
"""

import re
from functools import cache
from html import escape

from book_numbers import chapter_of
from docutils import nodes
from sphinx.addnodes import pending_xref

GLOSSARY = "chapters/glossary"
CLOSED = (
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.title,
    nodes.raw,
    nodes.math,
    nodes.caption,
    nodes.thead,
    pending_xref,
)
# Plain English, too: linked in their full names only.
COMMON = {"key", "value", "query", "block", "precision", "recall"}


def opening(definition: str) -> str:
    """Cut a definition after its first sentence, or after the second where the first is short."""
    first, *rest = re.split(r"(?<=[.?!]) (?=[A-Z\[])", " ".join(definition.split()))
    return first if len(first) > 60 or not rest else f"{first} {rest[0]}"


def entries(glossary) -> dict[str, tuple[str, str]]:
    """Read a glossary's doctree: term -> id, how its definition opens."""
    found = {}
    for item in glossary.findall(nodes.definition_list_item):
        sentence = opening(next(item.findall(nodes.definition)).astext())
        for term in item.findall(nodes.term):
            found[term.astext()] = term["ids"][0], sentence
    return found


@cache
def matcher(terms: tuple[str, ...]) -> tuple[re.Pattern, dict[str, str]]:
    """Match any of the terms, the longest first, also in the plural; lower-case terms also with a capital.

    terms: names -> the pattern, and the term that each of its groups stands for
    """

    def one(term: str) -> str:
        body = f"[{term[0]}{term[0].upper()}]{re.escape(term[1:])}" if term[0].islower() else re.escape(term)
        return body + (r"(?:e?s)?" if term[-1].isalpha() else "")

    usable = sorted((term for term in terms if "(" not in term and term not in COMMON), key=len, reverse=True)
    groups = {f"t{n}": term for n, term in enumerate(usable)}
    return re.compile("|".join(rf"(?P<{g}>(?<![\w\[-]){one(t)}(?![\w-]))" for g, t in groups.items())), groups


def link(words: str, uri: str, sentence: str) -> nodes.raw:
    """Write a link that carries its definition."""
    attributes = f'class="glossary-term" href="{escape(uri)}" data-definition="{escape(sentence)}"'
    return nodes.raw("", f"<a {attributes}>{escape(words)}</a>", format="html")


def link_terms(app, doctree, docname):
    """Link the first use of every term in a chapter."""
    if app.builder.format != "html" or not chapter_of(docname) or GLOSSARY not in app.env.all_docs:
        return
    known = entries(app.env.get_doctree(GLOSSARY))
    page = app.builder.get_relative_uri(docname, GLOSSARY) + "#"
    identities = {identity: sentence for identity, sentence in known.values()}
    done = set()
    for reference in [*doctree.findall(nodes.reference)]:  # the author's own {term}s
        identity = reference.get("refuri", "").rpartition("#")[2]
        if identity in identities:
            done.add(identity)
            linked = link(reference.astext(), page + identity, identities[identity])
            reference.parent.replace(reference, linked)
    words, names = matcher(tuple(known))
    for paragraph in doctree.findall(nodes.paragraph):
        for text in [*paragraph.findall(nodes.Text)]:
            if closed(text):
                continue
            parts, end = [], 0
            for found in words.finditer(text):
                identity, sentence = known[names[found.lastgroup]]
                if identity not in done:
                    done.add(identity)
                    parts += [nodes.Text(text[end : found.start()]), link(found[0], page + identity, sentence)]
                    end = found.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def closed(text: nodes.Text) -> bool:
    """Tell whether a text is inside an element that must not hold a link."""
    node = text.parent
    while node is not None:
        if isinstance(node, CLOSED) or "exercise-facts" in node.get("classes", []):
            return True
        node = node.parent
    return False


def setup(app):
    app.connect("doctree-resolved", link_terms, priority=600)  # after the links of book_numbers
    app.add_js_file("terms.js")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
