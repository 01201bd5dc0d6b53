"""The published model leaves no trace on a page where it could not be had."""

from types import SimpleNamespace

import page_engine
import pytest
from docutils import nodes


def page():
    """A cell with the widget, as myst-nb nests it, a directive's text with it, and two other outputs."""
    document = nodes.document(None, None)
    for widget in ("RealModel", "Pair"):
        html = nodes.raw("", f'<div class="bertgpt" data-bertgpt="{widget}"></div>', format="html")
        code = nodes.container("", nodes.literal_block(text=f"{widget}()"), nb_element="cell_code_source")
        output = nodes.container("", nodes.container("", html), nb_element="cell_code_output")
        document += nodes.container("", code, output, nb_element="cell_code")
        document += nodes.container("", nodes.paragraph(text=f"About {widget}."), html.deepcopy())
    return document


@pytest.mark.parametrize(
    "path, kept", [(None, ["Pair", "Pair"]), ("a path", ["RealModel", "RealModel", "Pair", "Pair"])]
)
def test_the_real_model_is_left_out_with_its_cell_or_text(path, kept):
    document = page()
    page_engine.leave_out(SimpleNamespace(real_model=path), document, "a page")
    found = [
        next(name for name in ("RealModel", "Pair") if name in each.astext()) for each in document.findall(nodes.raw)
    ]
    assert found == kept
    assert ("RealModel" in document.astext()) == (path is not None)
    assert len(document.children) == len(kept)
