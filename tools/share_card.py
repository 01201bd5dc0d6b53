"""Draw the card that a link to the book shows when it is shared: the two masks and the title.

python tools/share_card.py        # writes tools/sphinx_ext/static/card.png
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

CARD = Path(__file__).parent / "sphinx_ext" / "static" / "card.png"
BERT, GPT, INK, SOFT = "#0072B2", "#D55E00", "#1c2126", "#535b63"


def draw(path: Path) -> None:
    """Write the card as a PNG of 1200 x 630 pixels."""
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, 1200), ylim=(0, 630))
    axes.axis("off")
    axes.fill([100, 340, 340, 100], [300, 300, 540, 540], color=BERT, linewidth=0)
    axes.fill([400, 640, 400], [300, 300, 540], color=GPT, linewidth=0)
    axes.text(96, 160, "The Mask Is the Model", fontsize=52, fontweight="bold", color=INK)
    axes.text(100, 90, "BERT and GPT, side by side from one transformer block", fontsize=26, color=SOFT)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    draw(CARD)
