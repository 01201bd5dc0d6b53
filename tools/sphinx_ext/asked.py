"""The pages of questions: two figures, and a line at the end of each chapter that names questions it answers.

```{sinks}
```
```{three-masks}
```
"""

from book_numbers import chapter_of
from docutils import nodes
from docutils.parsers.rst import Directive
from drawing import drawn
from sphinx.addnodes import pending_xref

from bertgpt.model.masks import bidirectional_mask, causal_mask, prefix_mask
from bertgpt_book.figures import plots
from bertgpt_book.figures.svg import Figure
from bertgpt_book.records import recorded

# Name -> the row of the record, marker, colour.
MODELS = {
    "SmolLM2, 30 layers": ("smollm2, no <eos>", *plots.CHECKPOINTS["SmolLM2"]),
    "MiniLM, 6 layers": ("all-MiniLM-L6-v2", *plots.CHECKPOINTS["MiniLM"]),
    "our BERT": ("littlebert", *plots.CHECKPOINTS["our BERT"]),
    "our GPT": ("littlegpt", *plots.CHECKPOINTS["our GPT"]),
    "our Both": ("littleboth", *plots.CHECKPOINTS["our Both"]),
}
CAPTION = (
    "Share of its attention that a token gives to the first one, by depth: mean over all heads and over the last "
    "twenty tokens of texts of sixty, which no model has read. An even share is 2 in a hundred. Our three models, at "
    "the bottom, have four layers each."
)


def by_layer() -> dict[str, list[float]]:
    """Read the record: name -> the share of each layer, of 100."""
    rows = recorded("questions")
    return {name: [100 * share for share in rows[f"first place, {of}"]["mean"]] for name, (of, *_) in MODELS.items()}


def plot(shares: dict[str, list[float]]) -> Figure:
    """Draw a line for each model, its layers from the bottom of the model to its top."""
    figure, (ax,) = plots.panels([""], width=5.4, height=3.2)
    for name, each in shares.items():
        _, marker, colour = MODELS[name]
        depth = [layer / (len(each) - 1) for layer in range(len(each))]
        ax.plot(depth, each, marker=marker, markersize=4, color=colour, label=name)
    ax.set(xlabel="depth: first layer to last", ylabel="attention to the first token, of 100", ylim=(-2, 80))
    ax.set_xticks([0, 0.5, 1], ["first", "middle", "last"])
    ax.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def alt_text(shares: dict[str, list[float]]) -> str:
    """Say each model's smallest and largest layer."""
    said = (f"{name}: {min(each):.0f} to {max(each):.0f} of 100" for name, each in shares.items())
    return f"Attention to the first token, by layer. {'; '.join(said)}."


TEXT = "she walked home and slept".split()
MASKS = {"BERT": bidirectional_mask(len(TEXT)), "GPT": causal_mask(len(TEXT)), "prefix of 3": prefix_mask(len(TEXT), 3)}
OF_MASKS = (
    "A row is the token that attends, a column the token it attends to, and a filled cell means that it may. The third "
    "mask reads a prompt both ways and goes on from left to right; an encoder-decoder's two attentions, laid side by "
    "side, have the same cells."
)


class Sinks(Directive):
    def run(self) -> list[nodes.Node]:
        shares = by_layer()
        return drawn(self, plot(shares), alt_text(shares), CAPTION)


class ThreeMasks(Directive):
    def run(self) -> list[nodes.Node]:
        open_cells = ", ".join(f"{name} {int(mask.sum())}" for name, mask in MASKS.items())
        alt = f"Three masks over five tokens. Open cells of 25: {open_cells}."
        return drawn(self, plots.plot_grids(MASKS, TEXT, kind="mask"), alt, OF_MASKS)


PAGE, AT_MOST = "chapters/questions", 3  # the page of questions, and how many of them a chapter names


def answered_in(page: nodes.document) -> dict[str, list[tuple[str, str]]]:
    """Find which questions send a reader to which chapter: -> chapter -> (question, its id), the main ones first."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for here in page.findall(lambda node: isinstance(node, nodes.paragraph) and node.astext().startswith("Here:")):
        question = here.parent
        targets = [link["reftarget"] for link in here.findall(pending_xref)]
        for place, chapter in enumerate(dict.fromkeys(targets)):
            found.setdefault(chapter, []).append((place, question[0].astext(), question["ids"][0]))
    return {chapter: [each[1:] for each in sorted(of, key=lambda each: each[0])] for chapter, of in found.items()}


def name_questions(app, doctree, docname):
    """Add a line to the end of a chapter: questions that people ask and it answers, and a link to all of them."""
    if not chapter_of(docname):
        return
    uri = app.builder.get_relative_uri(docname, PAGE)
    asked = answered_in(app.env.get_doctree(PAGE)).get(docname, [])[:AT_MOST]
    links = [(question, f"{uri}#{identity}") for question, identity in asked]
    line = nodes.paragraph("", "", nodes.strong("", "People ask."))
    for text, target in [*links, ("All fifty questions", uri)]:
        line += [nodes.Text(" "), nodes.reference("", text, internal=True, refuri=target)]
        line += nodes.Text("" if text.endswith("?") else ".")
    [*doctree.findall(nodes.section)][-1].append(line)


def setup(app):
    app.add_directive("three-masks", ThreeMasks)
    app.add_directive("sinks", Sinks)
    app.connect("doctree-resolved", name_questions)
