"""Node, which runs the page's scripts in tests: without it a test is skipped, or fails where CI is set."""

import os
import shutil

import pytest


def find_node() -> str:
    """Return the path of node."""
    node = shutil.which("node")
    if node is None:
        message = "no node to run the page's scripts"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return node
