"""The folder that one training writes, and what has to stay the same when it is resumed.

run.json                             arguments, number of steps, hashes of the texts and the vocabulary
tokenizer.json                       the vocabulary
metrics.jsonl                        one row per step
checkpoint.safetensors               what a stopped training resumes from
config.json, model.safetensors       the finished model
tokenizer_config.json                what transformers' AutoTokenizer reads beside tokenizer.json
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def sha256_of(texts: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8") + b"\0")
    return digest.hexdigest()


def check_new(folder: Path) -> None:
    """Raise ValueError for a folder that holds anything."""
    # A start that was killed leaves at most a .part file.
    if folder.exists() and any(path.suffix != ".part" for path in folder.iterdir()):
        raise ValueError(f"{folder} is not empty: give another --out, or --resume to continue its training")


def read_record(folder: Path) -> dict:
    """Read run.json: -> arguments, steps, texts, tokenizer. Raises ValueError, naming the file."""
    path = folder / "run.json"
    if not path.exists():
        raise ValueError(f"{folder} holds no run to resume (no run.json): leave out --resume, and give a new folder")
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        return {name: record[name] for name in ("arguments", "steps", "texts", "tokenizer")}
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} cannot be read as the record of a run ({error}): start in a new folder") from None


def check_same(folder: Path, then: dict, now: dict) -> None:
    """Raise ValueError, naming what differs, unless arguments, texts and vocabulary are those of the start."""
    for name, value in now["arguments"].items():
        before = then["arguments"].get(name)
        if before != value:
            change = f"{flag(name)} was {before}, now {value}"
            raise ValueError(f"{folder} was started with other arguments ({change}): resume with the same ones")
    names = [*now["arguments"]["text"], now["arguments"]["tokenizer"]]
    for name, before, after in zip(names, [*then["texts"], then["tokenizer"]], [*now["texts"], now["tokenizer"]]):
        if before != after:
            raise ValueError(f"{name} changed since {folder} was started: restore it, or start in a new folder")
