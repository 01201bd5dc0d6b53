"""A figure of tests by paradigm: two models joined, what counting does in grey, and what others published below."""

import textwrap

from . import plots

ENDS = 5  # lines that are drawn of those in which the second model leads most, and as many of the others
COUNTED = {"unigram": ("|", 9), "trigram": ("x", 5)}  # marker and its size


def draw_paradigms(
    ax, shares: dict[str, dict[str, float]], counted: dict[str, dict[str, float]], published: dict | None = None
) -> None:
    """Draw a line per paradigm, the one in which the second model leads most at the top; of many, both ends alone.

    shares: of each of two models, of the course's checkpoints: paradigm -> %; counted: of "unigram" and "trigram"
    published: name -> % over all paradigms, in a line below
    """
    first, second = shares
    every = sorted(shares[first], key=lambda name: shares[first][name] - shares[second][name])
    names = every if len(every) <= 2 * ENDS + 3 else every[:ENDS] + every[-ENDS:]  # where they differ most
    for y, name in enumerate(names):
        ax.plot([of_model[name] for of_model in shares.values()], [y, y], "-", color="#AAAAAA", lw=1.5, zorder=1)
    lines = range(len(names))
    for label, (marker, size) in COUNTED.items():
        values = [counted[label][name] for name in names]
        ax.plot(values, lines, marker, markersize=size, color=plots.OTHERS[0], label=label, zorder=2)
    for model, of_model in shares.items():
        marker, colour = plots.CHECKPOINTS[model]
        ax.plot([of_model[name] for name in names], lines, marker, color=colour, markersize=7, label=model, zorder=3)
    ax.axvline(50, linestyle=":", color=plots.INK, lw=1)
    # In two lines where they are long: on a phone the labels would leave no room for the picture.
    labels = [textwrap.fill(name.replace("_", " ").replace("-", " "), 20) for name in names]
    if names != every:
        ax.axhline(ENDS - 0.5, color=plots.OTHERS[0], lw=0.8, linestyle=(0, (1, 3)))
        told = f"{len(every) - 2 * ENDS} rules between"
        ax.text(2, ENDS - 0.5, told, va="center", fontsize=9, color=plots.OTHERS[0], backgroundcolor="white")
    for i, (name, share) in enumerate((published or {}).items()):
        ax.plot(share, len(names), "|", color=plots.INK, markersize=9)
        at, va = (len(names) - 0.2, "bottom") if i % 2 else (len(names) + 0.2, "top")  # by turns, not to collide
        ax.annotate(f"{name} {share:.0f}", (share, at), ha=("right", "center", "left")[i % 3], va=va, fontsize=9)
    if published:
        labels.append("published, all rules")
    ax.set(xlim=(0, 102), ylim=(len(labels) - 0.4 + 0.8 * bool(published), -1), xlabel="% right")
    ax.set_yticks(range(len(labels)), labels, fontsize=9, linespacing=0.9)
    ax.figure.set_figheight(min(ax.figure.get_figheight(), 0.42 * len(labels) + 1.2))
