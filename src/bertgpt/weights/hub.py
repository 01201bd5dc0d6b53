"""Where weights are found: in a folder, in the package, in the hub's cache, on the hub, in that order.

Nothing here opens them. The files of the models that the book uses are checked against a hash.
"""

import hashlib
import os
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from ..assets import SHIPPED

# huggingface_hub is imported where it is needed: it takes longer than all the rest of the package.
CHECKPOINT_FILES = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass(frozen=True)
class Pin:
    """Record the version of a checkpoint that the book was written with."""

    revision: str  # the commit on the hub
    sha256: dict[str, str]  # of its files: what is not listed here is not checked


MINILM = "sentence-transformers/all-MiniLM-L6-v2"
PINS = {
    # The hub shows the sha256 of large files only. MiniLM's small ones were hashed here; of the others
    # the revision alone is pinned, which names their contents as well.
    "google-bert/bert-base-uncased": Pin(
        "86b5e0934494bd15c9632b12f734a8a67f723594",
        {"model.safetensors": "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3"},
    ),
    "openai-community/gpt2": Pin(
        "607a30d783dfa663caf39e06633721c8d4cfcd7e",
        {"model.safetensors": "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"},
    ),
    "distilbert/distilgpt2": Pin(
        "2290a62682d06624634c1f46a6ad5be0f47f38aa",
        {"model.safetensors": "e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b"},
    ),
    MINILM: Pin(
        "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        {
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
    ),
}


def find_weights(source: str | Path) -> Path:
    """Find the folder that holds a checkpoint, fetching it from the hub where it is not here.

    source: a folder, "tinybert", "tinygpt" or "tinyboth" (shipped), or a name on the hub, whose
    newest version is taken unless PINS names one
    -> a folder with config.json, model.safetensors and, where the checkpoint has one, tokenizer.json
    Raises ValueError when it cannot be had, with the command that fetches it, or is not what PINS says.
    """
    if Path(source).is_dir():
        return Path(source)
    name = str(source)
    if name in SHIPPED:
        return SHIPPED[name]
    if found := from_hub(name, only_cached=True):
        return found
    if not hub_answers():
        raise ValueError(f"{name} is no folder here and the hub cannot be reached. With a network: {command(name)}")
    if found := from_hub(name):
        return found
    raise ValueError(f"{name} is no folder here, and the hub has no public model of this name: check the spelling")


def command(name: str) -> str:
    """Write the command that fetches a checkpoint into the hub's cache."""
    return f"hf download {name}" + (f" --revision {PINS[name].revision}" if name in PINS else "")


def hub_answers() -> bool:
    """Try the hub once, for 5 seconds at most: its own library would try six times."""
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=5)
    except urllib.error.HTTPError:
        return True  # an answer, if not a friendly one
    except OSError:
        return False
    return True


def may_fetch() -> bool:
    """Say whether a chapter may fetch a gigabyte without asking.

    It may in Colab, or where BERTGPT_FETCH is 1, when the hub answers. The published book is built with
    BERTGPT_FETCH=1, so that its pages show the published models.
    """
    wanted = "google.colab" in sys.modules or os.environ.get("BERTGPT_FETCH") == "1"
    return wanted and hub_answers()


def from_hub(name: str, only_cached: bool = False) -> Path | None:
    """Take a checkpoint from the hub's cache, or through it from the hub: -> folder, or None.

    Raises ValueError when its weights are pickled, or its files are not those that PINS lists.
    """
    import huggingface_hub
    from huggingface_hub.errors import (
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    pin = PINS.get(name, Pin("main", {}))
    try:
        folder = Path(
            huggingface_hub.snapshot_download(
                name, revision=pin.revision, allow_patterns=[*CHECKPOINT_FILES], local_files_only=only_cached
            )
        )
    except (HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError, RevisionNotFoundError):
        return None
    missing = [file for file in ("config.json", "model.safetensors") if not (folder / file).exists()]
    if missing and only_cached:
        return None
    if missing:
        raise ValueError(f"{name} has no {missing[0]}; a pickled .bin is never opened")
    for file, expected in pin.sha256.items():
        if not (folder / file).exists() or sha256(folder / file) != expected:
            raise ValueError(
                f"{folder / file} does not have the contents of {name} (another sha256): "
                f"delete it, and fetch it again with {command(name)}"
            )
    return folder


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
