"""Files written whole or not at all, so that a full disk or a killed process leaves what was there before."""

import os
from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError


def write_whole(directory: Path, files: dict[str, Callable[[Path], object]]) -> None:
    """Write files beside their places and move them there when all are complete.

    files: name -> a function that writes this file to the path that it is given
    Raises OSError, naming the file, when one cannot be written.
    """
    unfinished = {directory / name: directory / f"{name}.part" for name in files}
    path = directory
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for write, (path, part) in zip(files.values(), unfinished.items()):                # noqa: B007
            part.touch()
            mode = part.stat().st_mode           # as the umask has it: safetensors lets nobody but the owner read
            write(part)
            part.chmod(mode)
        for path, part in unfinished.items():
            os.replace(part, path)
    except (OSError, SafetensorError) as error:
        raise OSError(f"{path} cannot be written: {error}") from None
    finally:
        if directory.is_dir():
            for part in unfinished.values():
                part.unlink(missing_ok=True)
