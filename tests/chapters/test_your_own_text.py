"""The page about one's own text: each of its commands, run as printed on a small text, with small sizes."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "chapters" / "your_own_text.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.S)
LINES = [line for block in BLOCKS for line in block.replace("\\\n", "").splitlines()]
SMALL = "--d-model 16 --heads 2 --layers 1 --batch-size 4"


@pytest.mark.slow
def test_every_command_runs_as_printed(tmp_path):
    (tmp_path / "mine.txt").write_text("The cat sat on the mat. The dog ran to the door.\n" * 400, encoding="utf-8")
    assert len(LINES) >= 12
    for line in LINES:
        words = shlex.split(line.replace("--minutes 10", "--steps 3").replace("--steps 200", "--steps 3"))
        if words[0] == "torchrun":
            words[:1] = ["python", "-m", "torch.distributed.run"]
        if "--text" in words and "train" in words:
            words += ["--batch-size", "4"] if "--init-from" in words else shlex.split(SMALL)
        done = subprocess.run([sys.executable, *words[1:]], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, (line, done.stderr)
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.S):
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
