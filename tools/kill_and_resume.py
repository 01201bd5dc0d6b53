"""Kill a training before each file that it opens to write and each rename, resume it, and compare bit for bit.

    python tools/kill_and_resume.py

A run that is killed before it has a run.json is started again, any other one is resumed.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

TEXT = "the cat sat on a mat. and the dog ran to the door. " * 30
KILLED = 137                                     # the exit code of what SIGKILL has ended


def arguments(kind: str, text: Path, out: Path) -> list[str]:
    """Name a training of seven steps with checkpoints after 3, 6 and 7."""
    return ["train", kind, "--text", str(text), "--out", str(out), "--steps", "7", "--save-every", "3", "--eval-every",
            "2", "--tokenizer", "char", "--d-model", "12", "--heads", "3", "--layers", "1", "--context", "13",
            "--batch-size", "5", "--device", "cpu", *(["--resume"] if (out / "run.json").exists() else [])]


def child(point: int, out: Path) -> None:
    """Let this process die, as if it was killed, before its nth opening or renaming of a file in a folder."""
    seen = []

    def watch(event: str, details: tuple) -> None:
        writes = event == "open" and isinstance(details[1], str) and set(details[1]) & set("wax")
        if (writes or event == "os.rename") and str(details[0]).startswith(str(out)):
            seen.append(details[0])
            if len(seen) == point:
                os._exit(KILLED)                 # nothing is flushed, nothing is cleaned up

    sys.addaudithook(watch)


def start(kind: str, text: Path, out: Path, point: int = 0) -> subprocess.Popen:
    """Start or resume the training in a process of its own, which dies at a point; at 0 it does not."""
    command = [sys.executable, __file__, "--child", str(point), str(out), *arguments(kind, text, out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> int:
    """Wait for a process: -> its exit code; anything but success and death is an error."""
    _, error = process.communicate()
    if process.returncode not in (0, KILLED, -9):
        raise SystemExit(error)
    return process.returncode


def result(out: Path) -> tuple[dict, list]:
    """Read everything that a run has written, without its seconds."""
    exact = {name: (out / name).read_bytes() for name in ("model.safetensors", "config.json", "tokenizer.json",
                                                          "run.json")}
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        del row["seconds"]
    left_over = {path.name for path in out.iterdir()} - {*exact, "metrics.jsonl", "checkpoint.safetensors"}
    return exact | {"left over": left_over, "rows": rows}, load_file(out / "checkpoint.safetensors")


def same(one: Path, two: Path) -> bool:
    """Compare two runs bit for bit."""
    (ours, our_tensors), (theirs, their_tensors) = result(one), result(two)
    return (ours == theirs and our_tensors.keys() == their_tensors.keys() and
            all(torch.equal(our_tensors[name], their_tensors[name]) for name in our_tensors))


def at_every_write(kind: str, text: Path, here: Path) -> list[str]:
    """Kill at each point in turn, until one is not reached: -> what went wrong, and a line that says how many."""
    found, point, died = [], 0, KILLED
    while died:
        point += 1
        out = here / f"{kind} {point}"
        died = finish(start(kind, text, out, point))
        if died:
            finish(start(kind, text, out))
        if not same(out, here / kind):
            found.append(f"{kind}: killed at write {point}, it does not resume to the same")
    return [*found, f"{kind}: killed at {point - 1} points"]


def main() -> int:
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        here, text = Path(scratch), Path(scratch) / "text.txt"
        text.write_text(TEXT, encoding="utf-8")
        for kind in ("gpt", "bert"):
            finish(start(kind, text, here / kind))
            found += at_every_write(kind, text, here)
    print(*found, sep="\n")
    return int(any("not resume" in line for line in found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        from bertgpt.cli.main import main as bertgpt

        child(int(sys.argv[2]), Path(sys.argv[3]))
        sys.argv[1:] = sys.argv[4:]
        sys.exit(bertgpt())
    sys.exit(main())
