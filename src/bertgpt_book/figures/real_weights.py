"""The figures of Real weights: the difference between our model and transformers', layer by layer and at the end."""

from collections.abc import Sequence

from .plots import COLOURS, INK, LINES, MARKERS, WIDEST, panels
from .svg import Figure


def plot_parity(errors: dict[str, dict[str, Sequence[float]]], faults: Sequence[str]) -> Figure:
    """Draw the difference after each layer, one panel per fault, over the pale curves of the model without a fault.

    errors: model -> fault -> (1 + L,) differences; exact zeros are drawn at 1e-9
    """
    titles = [fault if fault != "nothing" else "nothing broken" for fault in faults]
    figure, axes = panels(titles, width=min(3.4, WIDEST / len(titles)), height=3.0, sharey=True)
    for fault, ax in zip(faults, axes):
        for name, rows in errors.items():
            for what, alpha in {"nothing": 0.35, fault: 1}.items():
                look = {"color": COLOURS[name], "marker": MARKERS[name], "alpha": alpha}
                label = name if what == fault else None
                ax.semilogy([max(error, 1e-9) for error in rows[what]], LINES[name], label=label, **look)
        ax.axhline(1e-4, linestyle=":", color=INK)
        ax.set_xlabel("layer (0: embeddings)")
    axes[0].set_ylabel("largest difference")
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure


def plot_faults(off: dict[str, dict[str, float]], outcomes: dict[str, dict[str, str]]) -> Figure:
    """Draw how far each fault moves a model's last state, and write what comes out to the right of it.

    off: model -> fault -> distance as a share of the state's own size, 0 is not drawn
    outcomes: model -> fault -> what to write, bold where it is not that of "nothing"
    """
    figure, axes = panels(off, width=3.7, height=0.32 * max(map(len, off.values())) + 1.1)
    for ax, (name, rows) in zip(axes, off.items()):
        for y, (fault, share) in enumerate(rows.items()):
            if share:
                ax.semilogx(share, y, MARKERS[name], color=COLOURS[name], markersize=8)
            said = outcomes[name][fault]
            weight = "normal" if said == outcomes[name]["nothing"] else "bold"
            beside = ax.get_yaxis_transform()
            ax.text(1.02, y, said, transform=beside, va="center", fontsize=9, weight=weight, color=INK)
        ax.set_yticks(range(len(rows)), list(rows))
        ax.set(ylim=(len(rows) - 0.5, -0.5), xlim=(1e-4, 30), xlabel="last state off by (1: its own size)")
        ax.grid(axis="y", linewidth=0.5, alpha=0.4)
    return figure
