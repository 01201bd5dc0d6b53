"""Write the files of the engine and the trainer: a script with all that runs for each, and models and texts.

They are scripts because a page that was opened from a disk may load nothing else.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

from torch import nn

from bertgpt.assets import SHIPPED
from bertgpt.text import corpora
from bertgpt.text.tokenizer import Tokenizer
from bertgpt.text.vocabularies import PUBLISHED
from bertgpt.weights.loading import load_model
from bertgpt.weights.pretrained import load_tokenizer

from ..base import escape_json
from ..bundle import bundle
from .pack import pack

HERE = Path(__file__).parent
PART = 2**19  # characters of base64 in a part of a model: from a disk, progress is shown by parts
SAMPLE = 90_000  # characters of a text to train on, about
SAMPLES = {  # name -> what the page calls it, and where it comes from
    "novel": ("a novel: Emma", lambda: corpora.novels("train")["Emma"]),
    "stories": ("short stories in today's English", lambda: "\n\n".join(corpora.stories("train").values())),
    "play": ("a play: Hamlet", lambda: corpora.plays("train")["Hamlet"]),
}


def trainer_files() -> Iterator[tuple[str, object]]:
    """Collect what the trainer is started from, and the texts: -> (name of the file, what it holds)."""
    wasm = base64.b64encode((HERE / "training" / "kernels.wasm").read_bytes()).decode()
    yield "trainer", {"worker": bundle(HERE / "training" / "worker.js"), "wasm": wasm}
    for name, (_, read) in SAMPLES.items():
        text = read()
        yield f"text.{name}", text[: text.rindex("\n\n", 0, SAMPLE)]


def describe_engine(tokenizer: Tokenizer) -> dict:
    return {
        "worker": bundle(HERE / "worker.js"),
        "wasm": base64.b64encode((HERE / "matmul.wasm").read_bytes()).decode(),
        "vocabulary": json.loads(tokenizer.backend.to_str()),
    }


def as_script(name: str, content: object) -> str:
    return f"(globalThis.bertgptFiles ??= {{}})[{escape_json(name)}] = {escape_json(content)};\n"


def model_parts(name: str, packed: bytes) -> Iterator[tuple[str, str]]:
    """Split a packed model into strings, whose names change with the weights: no cache mixes two versions."""
    text, version = base64.b64encode(packed).decode(), hashlib.sha256(packed).hexdigest()[:8]
    for number, start in enumerate(range(0, len(text), PART)):
        yield f"{name}.{version}.{number:02}", text[start : start + PART]


def vocabularies() -> Iterator[tuple[str, object]]:
    """Write the published vocabularies as tokenizer.json: -> (name of the file, what it holds)."""
    for name, build in PUBLISHED.items():
        yield f"vocabulary.{name.split('/')[-1]}", json.loads(build().to_str())


def write_files(folder: Path, models: Mapping[str, nn.Module]) -> None:
    """Write the engine, the trainer and some models, by their names in a page, into a folder."""
    parts = {name: list(model_parts(name, pack(model))) for name, model in models.items()}
    sizes = {name: [(part, len(text)) for part, text in split] for name, split in parts.items()}
    engine = describe_engine(load_tokenizer())
    for name, held in chain(*parts.values(), vocabularies(), trainer_files(), [("models", sizes), ("engine", engine)]):
        (folder / f"{name}.js").write_text(as_script(name, held), encoding="utf-8")


def write_engine(folder: Path, version: str) -> bool:
    """Write the engine and the shipped models into a folder, unless it already holds those of this version.

    -> whether anything was written
    """
    made_from = folder / "made-from.txt"
    if made_from.is_file() and made_from.read_text(encoding="utf-8") == version:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*"):
        old.unlink()
    write_files(folder, {name: load_model(name) for name in SHIPPED})
    made_from.write_text(version, encoding="utf-8")
    return True
