"""Two depths of reading, and answers that wait for the reader, by the tags of a chapter's cells.

`setup`, `plumbing` and `check` cells fold, the last two but for their outputs; `answer` puts a paragraph, or a cell,
behind the prediction that stands before it. The prediction's last line opens what waits, and nothing else is seen of it
till then. Without scripts and in print all of it is open.
"""

import html
import re
from pathlib import Path

from docutils import nodes
from mask_book import MINUTES_END
from myst_nb.core.render import MditRenderMixin

from bertgpt_book.widgets.bundle import bundle

HERE = Path(__file__).parent

# Before anything is drawn: whether there are scripts, and what the reader chose on another page.
FIRST = """{ const { classList, dataset } = document.documentElement;
classList.add("js");
try {
  dataset.depth = JSON.parse(localStorage.getItem("bertgpt:depth")) ?? "story";
  dataset.answers = JSON.parse(localStorage.getItem("bertgpt:open")) ? "open" : "";
} catch { dataset.depth = "story"; /* a browser that keeps nothing */ } }"""

SWITCH = """<form class="reading" aria-label="How to read this page">
<label title="long code is folded"><input type="radio" name="depth" value="story" checked> Story</label>
<label title="every cell stands open"><input type="radio" name="depth" value="all"> All code</label>
<label title="here and on the next pages"><input type="checkbox" name="open"> Open all answers</label>
</form>"""

ANSWERS = ("Answer", "Answers")  # the titles of boxes with what was asked above them

GOALS = ("You will", "After this chapter")  # how a chapter's goals begin
PREDICT = 'data-bertgpt="Predict"'


def raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def tags(cell) -> list[str]:
    return cell.get("cell_metadata", {}).get("tags", [])


def checks(source: str) -> int:
    """Count the asserts of a cell and its calls of check_close and the like.

    >>> checks("assert a == 1\\nfor b in c:\\n    check_close(b, 1)\\nquestion.check(a)")
    3
    """
    return len(re.findall(r"^\s*assert\b|\bcheck(?:_\w+)?\(", source, re.MULTILINE))


def shows(cell) -> str:
    """Name what a cell shows: "figure", "widget", "output", or "" for nothing."""
    kinds = {str(part.get("mime_type")) for part in cell.findall(nodes.container)}
    if any(kind.startswith("image/") for kind in kinds):
        return "figure"
    outputs = any(part.get("nb_element") == "cell_code_output" for part in cell.findall(nodes.container))
    return "widget" if "text/html" in kinds else "output" if outputs else ""


def fold_label(cell) -> str:
    """Say in one line what a folded cell holds: the checks that it passed, its first comment, or what it shows."""
    source = cell.children[0].astext()
    if "check" in tags(cell):
        count = checks(source)
        return f"{count} check{'s' * (count != 1)} passed"
    comment = re.match(r"#\s*(.+)", source)
    return f"Code: {comment[1].rstrip('.:')}" if comment else f"Code of the {shows(cell)}"


def fold(kind: str, label: str, *inside) -> list:
    """Lay nodes into a fold; what is no HTML keeps them as they are."""
    said = re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(label))
    return [raw(f'<details class="fold" data-kind="{kind}"><summary>{said}</summary>'), *inside, raw("</details>")]


def gate(*inside, source=()) -> nodes.container:
    """Lay nodes behind the last prediction, and in the story their source."""
    waits = [nodes.container("", *source, classes=["waits"])] if source else []
    return nodes.container("", *waits, nodes.container("", *inside, classes=["gated"]), classes=["gate"])


def name_what_waits(question, waiting: list[str]) -> None:
    """Let a prediction say what its last line opens; waiting: what each cell behind it shows, as `shows` says it."""
    figures = waiting.count("figure") + waiting.count("widget")
    opens = ("the answer", "the figure and the answer", "the figures and the answer")[min(figures, 2)]
    for part in question.findall(nodes.raw):
        text = part.astext().replace(PREDICT, f'{PREDICT} data-opens="{opens}"', 1)
        part.replace_self(nodes.raw("", text, format="html"))


def render_markdown(self, token):
    """Render a Markdown cell, in a gate of its own where it is tagged `answer`."""
    if "answer" not in token.meta["metadata"].get("tags", []):
        return self.render_children(token)
    waiting = nodes.container(classes=["answer"])
    with self.current_node_context(waiting, append=True):
        self.render_children(token)


def begins(node, words: tuple[str, ...]) -> bool:
    return isinstance(node, nodes.paragraph) and node.astext().startswith(words)


def fold_head(chapter):
    """Fold a chapter's goals and needs below its question, its minutes and the switch."""
    needs = next(each for each in chapter.children if begins(each, ("You need",)))
    at = next(i for i, each in enumerate(chapter.children) if begins(each, GOALS) or each is needs)
    goals = chapter.children[at : chapter.index(needs)]
    start = next(i for i, part in enumerate(needs.children) if part.astext() == "Time:")
    told = needs.children[start + 1].astext().strip()
    minutes, _, rest = told.partition(". ")
    about = nodes.paragraph("", "", *needs.children[:start], nodes.Text(rest), *needs.children[start + 2 :])
    told = raw(f'<p class="minutes">{html.escape(minutes.rstrip("."))}.{MINUTES_END}')
    folded = fold("about", "What you will learn, and what you need", *goals, about)
    told = [told, raw(f'<div class="reading-head">{SWITCH}'), *folded, raw("</div>")]
    chapter.children[at : chapter.index(needs) + 1] = told
    for each in chapter.children:
        each.parent = chapter


def fold_setup(cells):
    """Gather the `setup` cells in the first one's place, in one fold."""
    first, *others = cells
    inside = [child for cell in cells for child in cell.children]
    first.children = []
    first += fold("setup", "Setup", *inside)
    for cell in others:
        cell.parent.remove(cell)


def arrange(app, doctree):
    """Fold the code that is no part of the story, close the gates, and mark the boxes of answers."""
    for box in doctree.findall(nodes.admonition):
        if box.children[0].astext() in ANSWERS:
            box["classes"].append("answers")
    cells = [
        each
        for each in doctree.findall(nodes.container)
        if each.get("nb_element") == "cell_code" or "answer" in each["classes"]
    ]
    asked = []  # (a question, what each cell behind it shows)
    for cell in cells:
        own = tags(cell)
        if "question" in own:
            asked.append((cell, []))
        elif "answer" in cell["classes"]:
            cell.replace_self(gate(*cell.children))
        else:
            source = [part for part in cell.children if part.get("nb_element") == "cell_code_source"]
            shown = [part for part in cell.children if part not in source]
            if "answer" in own and asked:
                asked[-1][1].append(shows(cell))
            if {"check", "plumbing"} & set(own) and source:
                source = fold("check" if "check" in own else "plumbing", fold_label(cell), *source)
            if "answer" in own:
                shown, source = [gate(*shown, source=source)], []
            cell.children = []
            cell += [*source, *shown]
    for question, waiting in asked:
        name_what_waits(question, waiting)
    if opening := [cell for cell in cells if "setup" in tags(cell)]:
        fold_setup(opening)
    if any(begins(each, ("You need",)) for each in doctree[0].children):
        fold_head(doctree[0])


def write_script(app):
    """Put the page's script beside the styles, with the widgets' own file on how answers are kept."""
    target = Path(app.outdir) / "_static"
    target.mkdir(parents=True, exist_ok=True)
    (target / "reading.js").write_text(f"{{\n{bundle(HERE / 'reading.js')}}}\n", encoding="utf-8")


def setup(app):
    MditRenderMixin.render_nb_cell_markdown = render_markdown  # where myst-nb passes a cell through
    app.connect("builder-inited", write_script)
    app.connect("doctree-read", arrange, priority=600)
    app.add_js_file(None, body=FIRST, priority=100)
    app.add_js_file("reading.js", priority=900)
    app.add_css_file("reading.css", priority=902)
