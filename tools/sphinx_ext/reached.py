"""What the shipped models reached, of 100, drawn from the record of their cards.

```{reached}
"""

from book_record import written
from docutils import nodes
from docutils.parsers.rst import Directive
from drawing import drawn

from bertgpt_book.figures import plots
from bertgpt_book.figures.svg import Figure
from bertgpt_book.records import recorded

COUNT = "shared words"
MARKS = plots.CHECKPOINTS | {COUNT: ("D", plots.OTHERS[0])}
PLAIN, ONE, NEXT = "plain sentences: {}, %", "one hidden, top guess right, %", "next sentence, %"
# Panel -> who is asked; what is asked -> the name of the figure on a card, its column, what was aimed at.
PANELS = {
    "Fill a blank": (
        ("TinyBERT", "TinyBoth"),
        {
            "a plain sentence: the first answer": (PLAIN.format("first answer"), "both sides", 50),
            "one of the first five": (PLAIN.format("one of five"), "both sides", 75),
            "sense before nonsense": (PLAIN.format("sense before nonsense"), "both sides", 93),
            "a token of the stories": (ONE, "stories", None),
            "a token of Persuasion": (ONE, "Persuasion", None),
        },
    ),
    "Say the next word": (
        ("TinyGPT", "TinyBoth"),
        {
            "a plain sentence: the first answer": (PLAIN.format("first answer"), "left to right", 70),
            "one of the first five": (PLAIN.format("one of five"), "left to right", 95),
            "the first fits the right side, too": (
                PLAIN.format("first answer fits the right side, too"),
                "left to right",
                None,
            ),
            "sense before nonsense": (PLAIN.format("sense before nonsense"), "left to right", 93),
        },
    ),
    "Does it follow?": (
        ("TinyBERT", COUNT),
        {
            "Persuasion, or another chapter of it": (NEXT, "Persuasion, its other chapters", 78),
            "Persuasion, or another of her novels": (NEXT, "Persuasion, other novels", None),
            "a story, or another story": (NEXT, "stories, other stories", None),
        },
    ),
}
CAPTION = (
    "How many of 100 are right, with 95 % intervals, on texts that no model has read. Dotted: what was aimed at before "
    "the models were trained. *Fill a blank*: with both sides in view. *Say the next word*: after the left side alone. "
    "*Does it follow?*: whether a second span of text follows the first, beside a count of the words they share."
)


def by_panel() -> dict[str, dict[str, tuple[dict, int | None]]]:
    """Select from the cards: -> panel -> what is asked -> the figure of each name, and what was aimed at."""
    cards = recorded("cards")

    def figure(name, what, column):
        return cards["tinybert"]["shared words, %"][column] if name == COUNT else cards[name.lower()][what][column]

    return {
        title: {
            label: ({name: figure(name, what, column) for name in names}, aim)
            for label, (what, column, aim) in lines.items()
        }
        for title, (names, lines) in PANELS.items()
    }


def plot(panels: dict) -> Figure:
    """Draw a line for each thing asked, on it a mark and an interval for each name."""
    figure, axes = plots.panels(panels, width=2.55, height=3.9)
    for ax, (title, lines) in zip(axes, panels.items()):
        for y, (label, (figures, aim)) in enumerate(lines.items()):
            ax.annotate(label, (0, y - 0.2), xytext=(2, 0), textcoords="offset points", va="bottom", fontsize=9)
            if aim:
                ax.plot([aim, aim], [y - 0.16, y + 0.4], ":", color=plots.INK)
            for at, (name, found) in zip((y, y + 0.24), figures.items()):
                (marker, colour), mean, (low, high) = MARKS[name], found["mean"], found["interval"]
                look = dict(fmt=marker, color=colour, markersize=6, capsize=2, label=None if y else name)
                ax.errorbar(mean, at, xerr=[[mean - low], [high - mean]], **look)
                ax.annotate(f"{mean:.0f}", (128, at), ha="right", va="center", fontsize=9, color=colour)
        ax.set(xlim=(0, 128), ylim=(4.5, -0.6), yticks=[], xlabel="of 100")
        ax.set_xticks([0, 25, 50, 75, 100])
        ax.set_title(title, pad=20, fontweight="bold")
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 0.98), ncols=2, fontsize=9, frameon=False, handletextpad=0)
        for text in ax.texts:
            text.set_in_layout(False)
    return figure


def alt_text(panels: dict) -> str:
    """Say every number that is drawn."""

    def said(label, figures, aim):
        shares = [f"{name} {written(figure, '.0f')}" for name, figure in figures.items()]
        return f"{label}: {', '.join(shares)}{f', aim {aim}' if aim else ''}"

    return " ".join(
        f"{title.rstrip('?')}. {'; '.join(said(label, *line) for label, line in lines.items())}."
        for title, lines in panels.items()
    )


class Reached(Directive):
    def run(self) -> list[nodes.Node]:
        panels = by_panel()
        return drawn(self, plot(panels), alt_text(panels), CAPTION)


def setup(app):
    app.add_directive("reached", Reached)
