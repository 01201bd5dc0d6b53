"""Numbers that a reader can name: The mask, figure 3.2, exercise 5.1, the same in title, caption and prose.

Sphinx counts figures and exercises through the whole book; here each chapter counts its own.
"""

import re

from docutils import nodes

CHAPTER = re.compile(r"(?:.*/)?(\d\d)_\w+$")
UNLINKED = (nodes.reference, nodes.literal, nodes.literal_block, nodes.title, nodes.raw)
MENTION = re.compile(r"\b([Ee]xercise|[Ff]igure)\s(\d+\.\d+)\b")


def chapter_of(docname: str) -> str | None:
    """Return the two digits of a chapter's file name."""
    found = CHAPTER.match(docname)
    return found and found[1]


def number_title(app, doctree):
    """Put the chapter's number before its title, and so into its tab and its neighbours' links."""
    number, title = chapter_of(app.env.docname), next(doctree.findall(nodes.title), None)
    if number and title is not None:
        title.insert(0, nodes.Text(f"{number} "))


def name_contents(app, doctree):
    """Give the content of each exercise and solution its own id; sphinx_exercise repeats one."""
    for section in doctree.findall(nodes.section):
        if section["ids"] in (["exercise-content"], ["solution-content"]):
            section["ids"] = [f"{identity}-content" for identity in section.parent["ids"]] or section["ids"]


def count_by_chapter(app, env) -> list[str]:
    """Count each chapter's figures and exercises from 1, behind the chapter's number."""
    for docname, kinds in env.toc_fignumbers.items():
        chapter = chapter_of(docname)
        for numbers in kinds.values():
            for count, identity in enumerate(numbers, start=1):
                numbers[identity] = (int(chapter), count) if chapter else (count,)
    return []


def targets(env) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the target of each number: ("exercise", "5.1") -> document, id."""
    return {
        (kind, ".".join(map(str, number))): (docname, identity)
        for docname, kinds in env.toc_fignumbers.items()
        if chapter_of(docname)
        for kind in ("exercise", "figure")
        for identity, number in kinds.get(kind, {}).items()
    }


def link_mentions(app, doctree, docname):
    """Turn mentions such as "exercise 5.1" and "figure 3.2" into links."""
    known = targets(app.env)
    for text in [*doctree.findall(nodes.Text)]:
        if isinstance(text.parent, UNLINKED):
            continue
        parts, end = [], 0
        for found in MENTION.finditer(text):
            target = known.get((found[1].lower(), found[2]))
            if target:
                uri = app.builder.get_relative_uri(docname, target[0]) + "#" + target[1]
                link = nodes.reference("", found[0], internal=True, refuri=uri)
                parts += [nodes.Text(text[end : found.start()]), link]
                end = found.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def setup(app):
    app.connect("doctree-read", number_title, priority=100)  # before Sphinx notes the titles
    app.connect("doctree-read", name_contents)
    app.connect("env-get-updated", count_by_chapter, priority=900)  # after Sphinx has counted
    app.connect("doctree-resolved", link_mentions)
