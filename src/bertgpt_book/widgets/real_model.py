"""A published model that a reader fetches into the page, and reads both ways."""

import traitlets

from bertgpt.training.adapters import SHIPPED_ADAPTERS
from bertgpt.weights.gguf import gguf_file
from bertgpt.weights.hub import SMOLLM2, find_weights

from .base import module, style
from .engine.real.files import ADAPTER, MEGABYTES, page_files
from .live import FileWidget


class RealModel(FileWidget):
    """Fetch SmolLM2 on a click; fill a blank under a triangle, a square, and a square after practice; write on.

    Beside a page of the book lie the model's files where the package index answered when the book was built; else the
    page is without this widget. In a notebook the kernel fetches the model when the reader asks for it.
    """

    _esm = module("real_model.js")
    _css = style("live.css", "real_model.css")

    label = traitlets.Unicode("A real model, read both ways").tag(sync=True)
    sentence = traitlets.Unicode("The _ barked at the mailman.", help="with one blank").tag(sync=True)
    opening = traitlets.Unicode("My cat sat on the").tag(sync=True)
    setting = traitlets.Enum(["triangle", "square", "practised"], "triangle").tag(sync=True)
    practised = traitlets.Bool(help="whether there is an adapter").tag(sync=True)
    megabytes = traitlets.Int(MEGABYTES, help="what is fetched").tag(sync=True)
    count = traitlets.Int(40, min=1, help="how many tokens it writes").tag(sync=True)
    temperature = traitlets.Float(0.7, min=0).tag(sync=True)
    stored = traitlets.Dict(help="sentence -> setting -> words, before the model is here").tag(sync=True)

    @traitlets.default("practised")
    def _is_there_an_adapter(self) -> bool:
        return ADAPTER in SHIPPED_ADAPTERS

    def hand_out(self, file: str) -> tuple[dict, list[bytes] | None]:
        try:
            start, parts = page_files(gguf_file(find_weights(SMOLLM2)))
        except ValueError as error:
            return {"file": file, "error": str(error)}, None
        if file in parts:
            return {"file": file}, [parts[file]]
        return {"file": file, "content": start}, None
