"""A run: the folder that one training writes, and what must be the same when it goes on.

run.json                 the arguments, the number of steps, and the hashes of texts and vocabulary
tokenizer.json           the vocabulary
metrics.jsonl            a row a step; locked by the process that trains here
checkpoint.safetensors   what a stopped run goes on from
config.json, model.safetensors   the finished model
"""

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ..text.tokenizer import Tokenizer

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

BEYOND = 2**30                                   # a byte that no metrics.jsonl reaches: Windows locks bytes, not files


def sha256_of(texts: Iterable[str]) -> str:
    """Hash some texts, a stretch at a time: a long one is not copied."""
    digest = hashlib.sha256()
    for text in texts:
        for start in range(0, len(text), 2**20):
            digest.update(text[start:start + 2**20].encode("utf-8"))
        digest.update(b"\0")
    return digest.hexdigest()


@dataclass(frozen=True)
class Run:
    """Name the files of a run, and refuse what would mix two runs.

    Every method raises ValueError, naming the file and the remedy.
    """

    folder: Path

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def about(self) -> Path:
        return self.folder / "run.json"

    @property
    def vocabulary(self) -> Path:
        return self.folder / "tokenizer.json"

    def check_new(self) -> None:
        """Refuse a folder with anything in it but what a start that was cut short left behind."""
        if self.folder.exists():
            for path in self.folder.iterdir():
                if path.name != "run.json.part" and not (path.name == "metrics.jsonl" and not path.stat().st_size):
                    raise ValueError(f"{self.folder} is not empty: give another --out, "
                                     "or --resume to go on with the run in it")

    def read(self) -> dict:
        """Read run.json: -> arguments, steps, texts, tokenizer."""
        if not self.about.exists():
            raise ValueError(f"{self.folder} holds no run to resume (it has no run.json): "
                             "leave --resume out, and give an empty folder")
        try:
            record = json.loads(self.about.read_text(encoding="utf-8"))
            if [type(record[name]) for name in ("arguments", "steps", "texts", "tokenizer")] != [dict, int, list, str]:
                raise ValueError("a field has another type")
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self.about} cannot be read as the record of a run ({error}): "
                             "start anew, in an empty folder") from None
        return record

    def check_same(self, record: dict, **now) -> None:
        """Refuse to go on with other arguments, texts or vocabulary than those the run began with."""
        for name, value in now.get("arguments", {}).items():
            then = record["arguments"].get(name)
            if then != json.loads(json.dumps(value)):
                flag = "--" + name.replace("_", "-")
                raise ValueError(f"{self.about} was written with other arguments ({flag} was {then}, now {value}): "
                                 "resume with the same ones")
        changed = [name for name, then, value in zip(record["arguments"].get("text", []), record["texts"],
                                                     now.get("texts", record["texts"])) if then != value]
        if changed:
            raise ValueError(f"{', '.join(changed)} changed since {self.about} was written: "
                             "restore what it was, or start anew in another folder")
        if now.get("tokenizer", record["tokenizer"]) != record["tokenizer"]:
            raise ValueError(f"{self.about} was written with another vocabulary than {self.vocabulary} or --tokenizer "
                             "has now: restore it, or start anew in another folder")

    def tokenizer(self) -> Tokenizer:
        """Read the run's own vocabulary: it is never learned a second time."""
        if not self.vocabulary.exists():
            raise ValueError(f"{self.vocabulary} is lost, and without it the checkpoint means nothing: "
                             "restore it, or start anew in another folder")
        return Tokenizer.from_file(self.vocabulary)

    @contextmanager
    def claimed(self) -> Iterator[IO[str]]:
        """Make the folder and keep every other process out of it: -> metrics.jsonl, open for rows to be added.

        The lock is the operating system's: it ends with the process, however that ends.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            with open(self.folder / "metrics.jsonl", "a", encoding="utf-8") as metrics:
                if not lock(metrics):
                    raise ValueError(f"{self.folder} is in use: another process is training in it. Give another --out")
                yield metrics
        except OSError as error:
            if error.errno and not error.filename:                 # a disk that is full does not say whose it is
                error.filename = str(self.folder)
            raise

    def write(self, record: dict, tokenizer: Tokenizer) -> None:
        """Write run.json, whole or not at all, and the vocabulary."""
        unfinished = self.about.with_name("run.json.part")
        unfinished.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        os.replace(unfinished, self.about)
        tokenizer.save(self.vocabulary)


def lock(file: IO[str]) -> bool:
    """Take an open file for this process alone: -> False when another one has it."""
    try:
        if sys.platform == "win32":
            os.lseek(file.fileno(), BEYOND, os.SEEK_SET)           # what is added goes to the end all the same
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:                              # a file system that has no locks
        pass
    return True
