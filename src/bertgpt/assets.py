"""What ships with the package, checked when it is read; and how a file is written whole or not at all."""

import hashlib
import lzma
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ASSETS = Path(__file__).parent / "assets"
SHIPPED = {name: ASSETS / name for name in ("littlebert", "littlegpt", "littleboth")}  # trained on our own texts
CONTENTS = {  # file -> the sha256 of what it holds, unpacked
    name: sha256 for sha256, name in map(str.split, (ASSETS / "SHA256SUMS").read_text("utf-8").splitlines())
}


@cache
def read_asset(name: str) -> str:
    """Read one shipped text, unpacked where its name ends in .xz, and make sure that it is the one we shipped.

    Raises ValueError, naming the file and the remedy, when its contents differ or cannot be unpacked.
    """
    path, expected = ASSETS / name, CONTENTS[name]
    try:
        raw = path.read_bytes()
        if path.suffix == ".xz":
            raw = lzma.decompress(raw)
        sha256 = hashlib.sha256(raw).hexdigest()
        found = f"sha256 {sha256[:12]} instead of {expected[:12]}"
    except (OSError, lzma.LZMAError) as error:
        sha256, found = "", f"unreadable: {error}"
    if sha256 != expected:
        remedy = f"Reinstall the package, or restore the file with: git checkout -- src/bertgpt/assets/{name}"
        raise ValueError(f"{path} does not have the contents it was shipped with ({found}). {remedy}")
    return raw.decode("utf-8")


def write_atomically(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files next to where they belong, and move them there once all are complete.

    files: name -> content; a text is written in UTF-8
    Raises OSError, naming the file, when one cannot be written; what was there before is then still there.
    """
    unfinished = {directory / name: directory / f"{name}.part" for name in files}
    path = directory
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for content, (path, part) in zip(files.values(), unfinished.items()):  # noqa: B007
            part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        for path, part in unfinished.items():
            os.replace(part, path)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error}") from None
    finally:
        if directory.is_dir():
            for part in unfinished.values():
                part.unlink(missing_ok=True)
