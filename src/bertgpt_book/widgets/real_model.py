"""A published model that a reader fetches into the page, and reads both ways."""

import traitlets
from safetensors import safe_open

from bertgpt.training.adapters import SHIPPED_ADAPTERS
from bertgpt.weights.gguf import gguf_file
from bertgpt.weights.hub import SMOLLM2, find_weights
from bertgpt.weights.loading import FILLERS

from ..records import load_results
from .base import module, style
from .engine.real.files import MEGABYTES, page_files
from .live import FileWidget

SENTENCE = "My _ hurts, so I must see the dentist."
# What the model answers to it, so that nobody has to fetch it for that: a setting -> five tokens, with probabilities.
ANSWERS = {
    "triangle": {" personal": 0.028, " friend": 0.027, " company": 0.027, " understanding": 0.024, " favorite": 0.018},
    "square": {" name": 0.031, " friend": 0.025, " website": 0.012, " ": 0.012, " story": 0.011},
    "practised": {" tooth": 0.340, " teeth": 0.165, " dentist": 0.135, " toothbrush": 0.042, " nose": 0.025},
}


def shares() -> dict[str, str]:
    """Look up how often the first word fits where only the right side decides: a setting -> "37 of 124"."""
    with safe_open(SHIPPED_ADAPTERS[FILLERS[SMOLLM2]], "pt") as file:
        about = file.metadata()
    rows = {(row["arm"], row["seed"]): row["judged"] for row in load_results("open_a_real_mask")["rows"]}
    found = {
        "triangle": rows["triangle", None]["0"],
        "square": rows["square", None]["0"],
        "practised": rows[about["arm"], int(about["seed"])][about["steps"]],
    }
    return {name: f"{judged['right'].count(2)} of {len(judged['right'])}" for name, judged in found.items()}


class RealModel(FileWidget):
    """Fetch SmolLM2 on a click; fill a blank under a triangle, a square, and a square after practice; write on.

    Beside a page of the book lie the model's files where the package index answered when the book was built; else the
    page is without this widget. In a notebook the kernel fetches the model when the reader asks for it.
    """

    _esm = module("real_model.js")
    _css = style("live.css", "real_model.css")

    label = traitlets.Unicode("A real model, read both ways").tag(sync=True)
    sentence = traitlets.Unicode(SENTENCE, help="with one blank").tag(sync=True)
    opening = traitlets.Unicode("My cat sat on the").tag(sync=True)
    setting = traitlets.Enum(["triangle", "square", "practised"], "triangle").tag(sync=True)
    megabytes = traitlets.Int(MEGABYTES, help="what is fetched").tag(sync=True)
    count = traitlets.Int(40, min=1, help="how many tokens it writes").tag(sync=True)
    temperature = traitlets.Float(0.7, min=0).tag(sync=True)
    stored = traitlets.Dict({SENTENCE: ANSWERS}, help="sentence -> setting -> token -> probability").tag(sync=True)
    shares = traitlets.Dict(help="setting -> how often the first word fits").tag(sync=True)

    @traitlets.default("shares")
    def _from_the_record(self) -> dict[str, str]:
        return shares()

    def hand_out(self, file: str) -> tuple[dict, list[bytes] | None]:
        try:
            start, parts = page_files(gguf_file(find_weights(SMOLLM2)))
        except ValueError as error:
            return {"file": file, "error": str(error)}, None
        if file in parts:
            return {"file": file}, [parts[file]]
        return {"file": file, "content": start}, None
