"""Node, which runs the page's scripts in tests: without it a test is skipped, or fails where CI is set."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest


def run_script(folder: Path, script: str):
    """Run JavaScript in a folder: -> the JSON that it logs."""
    node = shutil.which("node")
    if node is None:
        message = "no node to run the page's scripts"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    (folder / "run.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run([node, "run.mjs"], cwd=folder, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
