"""Draw the README's picture: one sentence, both masks, and what the two shipped models put into the gap.

python tools/readme_picture.py        # writes .github/two-masks.svg
"""

from pathlib import Path

from matplotlib.patches import Rectangle

from bertgpt import load_bert, load_gpt, load_tokenizer
from bertgpt_book.figures import plots
from bertgpt_book.figures.svg import Figure, css, draw
from bertgpt_book.widgets.pair import SENTENCES, blank_answers

PICTURE = Path(__file__).resolve().parent.parent / ".github" / "two-masks.svg"
LEFT, _, RIGHT = SENTENCES[0]
MASKS = {"BERT": ("bidirectional", "every word looks at all words"), "GPT": ("causal", "a word looks at no later one")}


def answers() -> dict[str, list]:
    """Return each model's three most probable words for the gap, with their probabilities."""
    found = blank_answers(load_bert("tinybert"), load_gpt("tinygpt"), load_tokenizer(), LEFT, RIGHT, top=3)
    return {name: found[name][mask] for name, (mask, _) in MASKS.items()}


def plot() -> Figure:
    """Draw a panel a model: its mask over the sentence, and its answers beside it."""
    words = [*LEFT.split(), "___", *RIGHT.split()]
    end = len(words)
    figure, axes = plots.panels(MASKS, width=4.4, height=2.9)
    figure.suptitle(" ".join(words), fontsize=17, fontweight="bold")
    for ax, (name, guesses) in zip(axes, answers().items()):
        mask, caption = MASKS[name]
        ax.set_title(f"{name}: {caption}", color=plots.colour(name), fontsize=11, fontweight="bold")
        for query, word in enumerate(words):
            ax.text(-0.2, query + 0.45, word, ha="right", va="center", fontsize=9)
            for key in range(query + 1 if mask == "causal" else end):
                ax.add_patch(Rectangle((key, query), 0.9, 0.9, color=plots.colour(name), linewidth=0))
        for y, size, (word, share) in zip((1.2, 3.2, 4.2), (19, 12, 12), guesses):
            ax.text(end + 0.8, y, word.strip(), fontsize=size, color=plots.colour(name), va="center", fontweight="bold")
            ax.text(end + 7.4, y, f"{share:.0%}", fontsize=size - 3, ha="right", va="center")
        ax.set(xlim=(-3.5, end + 7.5), ylim=(end, 0), aspect="equal")
        ax.axis("off")
    return figure


if __name__ == "__main__":
    PICTURE.write_text(draw(plot()).replace("<metadata>", css() + "<metadata>", 1), encoding="utf-8")
