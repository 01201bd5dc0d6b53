"""Widgets that run the models in the reader's browser, from the engine's files beside the page."""

from collections.abc import Mapping

from bertgpt.text.tokenizer import Tokenizer

from .base import StaticWidget
from .engine.files import describe_engine, trainer_files
from .engine.pack import pack

PAIR = {"BERT": "littlebert", "GPT": "littlegpt"}  # the models' names in a page; as in live.js


class FileWidget(StaticWidget):
    """Fetch files when the page asks for them: beside a page of the book, and in a notebook from the kernel."""

    def __init__(self, **traits):
        super().__init__(**traits)
        self.on_msg(lambda _widget, content, _buffers: self.send(*self.hand_out(content.get("file"))))

    def hand_out(self, file: str) -> tuple[dict, list[bytes] | None]:
        """Return a file that the page requests: -> the message, and its buffers."""
        raise NotImplementedError


class TrainerWidget(FileWidget):
    """Train a small model in the reader's browser."""

    def hand_out(self, file: str) -> tuple[dict, list[bytes] | None]:
        return {"file": file, "content": next(held for name, held in trainer_files() if name == file)}, None


class LiveWidget(FileWidget):
    """Run models in the reader's browser, {PAIR["BERT"]: bert}; in a notebook the kernel sends them on demand."""

    def __init__(self, models: Mapping, tokenizer: Tokenizer, **traits):
        super().__init__(**traits)
        self._models, self._tokenizer = dict(models), tokenizer

    def hand_out(self, file: str) -> tuple[dict, list[bytes] | None]:
        if file == "engine":
            return {"file": file, "content": describe_engine(self._tokenizer)}, None
        if file == "models":  # how large, one sees when it is packed
            return {"file": file, "content": {name: [(name, 0)] for name in self._models}}, None
        if file not in self._models:
            return {"file": file, "error": f"There is no model called {file} in this notebook."}, None
        try:
            return {"file": file}, [pack(self._models[file])]
        except ValueError as error:
            return {"file": file, "error": str(error)}, None  # without an answer the page would wait a minute
