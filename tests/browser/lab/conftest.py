"""JupyterLab on this machine, with kernels, in a browser that can reach no other host.

open_notebook(notebook, name) opens a notebook in JupyterLab, without its outputs unless it `keeps` them: -> the
Playwright page.
run_all(page) runs every cell and waits. A test fails at its end if the page requested any other address.
"""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from copy import deepcopy
from pathlib import Path

import nbformat
import pytest

# anywidget says this of a widget that takes longer than two seconds. It is drawn all the same; only what the kernel
# sends it afterwards is lost, and for that the tests wait.
LATE = "[anywidget] Failed to initialize model."
ERROR = '[data-mime-type="application/vnd.jupyter.error"]'
SETTINGS = {  # every cell is on the page, and nothing pops up over it
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
PROMPTS = ".jp-CodeCell .jp-InputArea-prompt"  # of every cell whose source is in sight


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def without_outputs(notebook):
    """Clear all outputs of a notebook, so that whatever it shows was run here."""
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """Start one JupyterLab for all notebooks: -> its address and the folder that it shows."""
    if importlib.util.find_spec("jupyterlab") is None:
        message = "no JupyterLab: pip install -r requirements.txt"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    port, folder, own = free_port(), tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("jupyter")
    for name, values in SETTINGS.items():
        file = own / "JUPYTER_CONFIG_DIR" / "lab" / "user-settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")
    homes = {name: str(own / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")}
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
    ]
    with open(own / "log", "w+", encoding="utf-8") as log:
        server = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL, cwd=folder, env=os.environ | homes)
        try:
            url = f"http://127.0.0.1:{port}/"
            wait_for(f"{url}api/status", server, own / "log")
            yield url, folder
        finally:
            server.terminate()
            server.wait()


def wait_for(url: str, server: subprocess.Popen, log: Path):
    """Return once a server answers."""
    while server.poll() is None:
        try:
            return urllib.request.urlopen(url, timeout=240).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture
def open_notebook(lab, new_context):
    (url, folder), faults = lab, []

    def open_(notebook, name, *, keeps=False):
        empty = without_outputs(deepcopy(notebook))
        notebook.metadata = empty.metadata
        nbformat.write(notebook if keeps else empty, folder / name)
        page = new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.on(
            "request", lambda request: request.url.startswith((url, "data:", "blob:")) or faults.append(request.url)
        )
        page.on("pageerror", lambda error: str(error) == LATE or faults.append(str(error)))
        page.goto(f"{url}doc/tree/{name}")
        page.get_by_text("| Idle").wait_for()  # before its kernel is there, a notebook asks which to take
        return page

    yield open_
    assert faults == []


@pytest.fixture
def run_all():
    """Choose Run > Run All Cells as a reader does, and wait until every code cell has a number, or one an error."""

    def run(page):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_function(
            r"""([error, prompts]) => document.querySelector(error)
                || [...document.querySelectorAll(prompts)].every((prompt) => /\d/.test(prompt.textContent))""",
            arg=[ERROR, PROMPTS],
        )
        assert page.locator(PROMPTS).count() > 1
        assert page.locator(ERROR).all_inner_texts() == []

    return run
