"""A published model that a reader fetches into the page, and reads both ways."""

import traitlets
from safetensors import safe_open

from bertgpt.weights.hub import find_weights

from ..modern.adapters import SHIPPED_ADAPTERS
from ..modern.gguf import gguf_file
from ..modern.open_mask import FILLERS
from ..modern.wheels import SMOLLM2
from ..records import load_results
from .base import module, style
from .engine.real.files import MEGABYTES, page_files
from .live import FileWidget

SENTENCE = "She put on her _ because the sun was too bright."
# What the model answers, so that nobody has to fetch it for that: a sentence -> a setting -> five tokens, with
# probabilities. The second is what its own chapter begins with.
ANSWERS = {
    SENTENCE: {
        "triangle": {" best": 0.189, " trusty": 0.048, " bright": 0.040, " brightest": 0.034, " top": 0.026},
        "square": {" hair": 0.015, " eyel": 0.010, " own": 0.010, " sunscreen": 0.008, " shirt": 0.007},
        "practised": {" sunglasses": 0.701, " hat": 0.074, " sunscreen": 0.026, " shoes": 0.025, " glasses": 0.022},
    },
    "The _ barked at the mailman.": {
        "triangle": {" company": 0.013, " most": 0.013, " key": 0.011, " first": 0.011, " average": 0.010},
        "square": {" ": 0.024, " new": 0.013, ' "': 0.010, " world": 0.008, " story": 0.007},
        "practised": {" dog": 0.527, " mail": 0.059, " squirrel": 0.046, " cat": 0.023, " barn": 0.016},
    },
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
    setting = traitlets.Enum(["triangle", "square", "practised"], "practised").tag(sync=True)
    megabytes = traitlets.Int(MEGABYTES, help="what is fetched").tag(sync=True)
    count = traitlets.Int(40, min=1, help="how many tokens it writes").tag(sync=True)
    temperature = traitlets.Float(0.7, min=0).tag(sync=True)
    stored = traitlets.Dict(ANSWERS, help="sentence -> setting -> token -> probability").tag(sync=True)
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
