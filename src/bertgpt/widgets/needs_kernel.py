"""Controls that ask Python: alive in a notebook, a line of explanation in the rendered page."""

import html

import ipywidgets
import traitlets

# The style takes away the sheet that the book's theme lays under HTML outputs in the dark.
_NOTE = """<p class="needs-kernel">{}</p><style>
.needs-kernel {{ border: 1px dashed currentcolor; border-radius: 10px; padding: 0.75rem 1rem; opacity: 0.8; }}
html[data-theme] div.cell_output .text_html:has(> .needs-kernel) {{
  background: none !important; padding: 0 !important; color: inherit !important; }}
</style>"""


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
        return {**data, "text/plain": repr(self), "text/html": _NOTE.format(html.escape(self.note))}
