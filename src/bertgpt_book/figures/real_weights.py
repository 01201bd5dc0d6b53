"""The figure of chapter 12: the difference between our model and transformers', layer by layer."""

from collections.abc import Sequence

from .plots import COLOURS, INK, LINES, MARKERS, panels
from .svg import Figure


def plot_parity(errors: dict[str, dict[str, Sequence[float]]], faults: Sequence[str]) -> Figure:
    """Draw the difference after each layer, one panel per fault, over the pale curves of the model without a fault.

    errors: model -> fault -> (1 + L,) differences; exact zeros are drawn at 1e-9
    """
    titles = [fault if fault != "nothing" else "nothing broken" for fault in faults]
    figure, axes = panels(titles, width=3.4, height=3.0, sharey=True)
    for fault, ax in zip(faults, axes):
        for name, rows in errors.items():
            for what, alpha in {"nothing": 0.35, fault: 1}.items():
                ax.semilogy(
                    [max(error, 1e-9) for error in rows[what]],
                    LINES[name],
                    color=COLOURS[name],
                    marker=MARKERS[name],
                    alpha=alpha,
                    label=name if what == fault else None,
                )
        ax.axhline(1e-4, linestyle=":", color=INK)
        ax.set_xlabel("layer (0: embeddings)")
    axes[0].set_ylabel("largest difference")
    figure.legend(*axes[-1].get_legend_handles_labels(), loc="outside upper center", ncols=2, frameon=False)
    return figure
