"""The published model leaves no trace on a page where it could not be had."""

from types import SimpleNamespace

import page_engine
import pytest
from docutils import nodes


@pytest.mark.parametrize("path, kept", [(None, 2), ("a path", 4)])
def test_the_real_model_is_left_out_with_its_cell_or_text(path, kept):
    """Two of the four shown are a cell, as myst-nb nests it; two are a directive's."""
    document = nodes.document(None, None)
    for widget in ("RealModel", "Pair"):
        html = nodes.raw("", f'<div class="bertgpt" data-bertgpt="{widget}"></div>', format="html")
        output = nodes.container("", nodes.container("", html))
        document += nodes.container("", nodes.container("", nodes.literal_block(text=f"{widget}()")), output)
        document += nodes.container("", nodes.paragraph(text=f"About {widget}."), html.deepcopy())
    page_engine.leave_out(SimpleNamespace(real_model=path), document, "a page")
    assert len(document.children) == kept and "About Pair" in document.astext()
    assert ("RealModel" in document.astext()) == (path is not None)
