"""Widgets that ask the models themselves, in the reader's browser: beside a page lie the engine's files."""

from collections.abc import Mapping

from ...text.tokenizer import Tokenizer
from .base import StaticWidget
from .engine.files import describe_engine
from .engine.pack import pack

PAIR = {"BERT": "tinybert", "GPT": "tinygpt"}      # what a page calls the models that lie beside it; as in live.js


class LiveWidget(StaticWidget):
    """Run models in the reader's browser; a kernel, where there is one, hands them out when the page asks.

    models: named as the page's engine knows them, {PAIR["BERT"]: bert, PAIR["GPT"]: gpt}
    A subclass sets `_esm = module("its.js")`, whose script calls `openEngine` or `port`.
    """

    def __init__(self, models: Mapping, tokenizer: Tokenizer, **traits):
        super().__init__(**traits)
        self._models, self._tokenizer = dict(models), tokenizer
        self.on_msg(lambda _widget, content, _buffers: self.send(*self.hand_out(content.get("file"))))

    def hand_out(self, file: str) -> tuple[dict, list[bytes] | None]:
        """Give the page a file it asks for: -> the message, and what it carries."""
        if file == "engine":
            parts = {name: [name] for name in self._models}
            return {"file": file, "content": describe_engine(self._tokenizer, parts)}, None
        if file not in self._models:
            return {"file": file, "error": f"There is no model called {file} in this notebook."}, None
        try:
            return {"file": file}, [pack(self._models[file])]
        except ValueError as error:
            return {"file": file, "error": str(error)}, None       # a page that is told nothing waits for a minute
