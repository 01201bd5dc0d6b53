"""Recognise what is wider than a phone; book.css says how it looks.

A table that a cell printed keeps its columns; in a table of the page long names may break, and on a phone rows that
hold sentences become lists.
"""

import re

from docutils import nodes

GAP = re.compile(r"(?<=\S) {2,}(?=\S)")
PHONE = 44  # characters on a phone's line
LINE = 100  # characters: a longer line holds prose, which wraps instead
LONG, SENTENCE = 70, 45  # characters of a row, and of one of its cells, that make lists of rows with four cells

# Where a long name may break. A hash breaks after every sixteenth digit.
JOINT = re.compile(r"(?<=[_/])(?=[^\s_/])|(?<=\w\.)(?=[^\W\d])")
HASH = re.compile(r"\b[0-9a-f]{40,}\b")


def aligned(text: str) -> int:
    """Count gaps that begin or end below a gap of the line above, in the best run of lines.

    >>> aligned("BERT   0.5   2\\nGPT    0.25  3"), aligned("no  table\\nin a text  of two lines")
    (2, 0)
    """
    most = run = 0
    lines = [[gap.span() for gap in GAP.finditer(line)] for line in text.splitlines()]
    for above, here in zip(lines, lines[1:]):
        edges = [{span[side] for span in above} for side in (0, 1)]
        found = sum(start in edges[0] or end in edges[1] for start, end in here)
        run = run + found if found else 0
        most = max(most, run)
    return most


def mark_printed_tables(app, doctree):
    """Mark the printed outputs that are tables."""
    for output in doctree.findall(nodes.container):
        if output.get("nb_element") != "cell_code_output":
            continue
        for block in output.findall(nodes.literal_block):
            widest = max(map(len, block.astext().splitlines()), default=0)
            if widest <= LINE and aligned(block.astext()) > 1:
                block["classes"] += ["columns", "wide"] if widest > PHONE else ["columns"]


def parts(text: str) -> list[str]:
    """Split a text where a line may break besides at spaces.

    >>> parts("embeddings.position_embedding of 0.25 and/or e.g. 3.12.1")
    ['embeddings.', 'position_', 'embedding of 0.25 and/or e.g. 3.12.1']
    """

    def cut(name: re.Match) -> str:
        return name[0] if len(name[0]) < 12 else JOINT.sub("\0", name[0])

    def cut_hash(digits: re.Match) -> str:
        return re.sub(r"(.{16})(?=.)", "\\1\0", digits[0])

    return re.sub(r"\S+", cut, HASH.sub(cut_hash, text)).split("\0")


def break_names(entry: nodes.entry):
    """Let the long names in a table's cell break."""
    texts = [text for text in entry.findall(nodes.Text) if not isinstance(text.parent, nodes.raw | nodes.math)]
    for text in texts:
        first, *others = parts(text.astext())
        if others:
            broken = [nodes.Text(first)]
            for part in others:
                broken += [nodes.raw("", "<wbr>", format="html"), nodes.Text(part)]
            text.parent.replace(text, broken)


def name_cells(table: nodes.table):
    """Write the name of its column into each cell."""
    head = next(iter(table.findall(nodes.thead)))
    names = [entry.astext() for entry in head.findall(nodes.entry)]
    table["classes"] = list({*table["classes"], "long-rows"})
    for row in next(iter(table.findall(nodes.tbody))).findall(nodes.row):
        for name, entry in zip(names, row.children):
            if entry.astext():
                label = nodes.inline(text=f"{name} ", classes=["column-name"])
                entry.children[0].insert(0, label)


def are_long(rows: list[nodes.row]) -> bool:
    """Say whether rows have too much text for columns on a phone: four cells or more, and sentences in them."""
    cells = [[len(entry.astext()) for entry in row.children] for row in rows]
    many = max(map(len, cells), default=0) > 3
    return many and sum(map(sum, cells)) > LONG * len(rows) and max(map(max, cells)) > SENTENCE


def fit_tables(app, doctree, docname):
    """Make the tables of a page fit a phone."""
    for table in doctree.findall(nodes.table):
        rows = [
            row
            for body in table.findall(nodes.tbody)  # none if nothing was executed
            for row in body.findall(nodes.row)
        ]
        long = are_long(rows) or "long-rows" in table["classes"]
        for entry in (entry for row in rows for entry in row.findall(nodes.entry)):
            break_names(entry)
        if long:
            name_cells(table)


def setup(app):
    app.connect("doctree-read", mark_printed_tables)
    app.connect("doctree-resolved", fit_tables, priority=950)
