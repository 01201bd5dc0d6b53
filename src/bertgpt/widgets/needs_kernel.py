"""Controls that ask Python: alive in a notebook, a line of explanation in the rendered page."""

import html

import ipywidgets
import traitlets


class NeedsKernel(ipywidgets.VBox):
    """Stack plain ipywidgets; where no kernel can answer them, show `note` in their place."""

    note = traitlets.Unicode(
        "Here a notebook shows controls that PyTorch answers. Open this chapter in Colab "
        "(the rocket at the top of the page) to use them."
    )

    def __repr__(self) -> str:
        return f"NeedsKernel({len(self.children)} controls)"

    def _repr_mimebundle_(self, **kwargs) -> dict:
        data = super()._repr_mimebundle_(**kwargs)
        note = f'<p class="needs-kernel"><em>{html.escape(self.note)}</em></p>'
        return {**data, "text/plain": repr(self), "text/html": note}
