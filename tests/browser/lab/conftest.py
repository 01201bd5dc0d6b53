"""JupyterLab on this machine, with a kernel, in a browser that may talk to nobody else.

open_notebook(notebook, name) puts a notebook without outputs into a folder of its own, starts JupyterLab there on a
free port and opens the notebook alone on a page: -> the Playwright page. run_all(page) runs every cell and waits.
The test fails at its end if the page has asked any other address.
"""

import importlib.util
import json
import os
import socket
import subprocess
import sys
from itertools import takewhile

import nbformat
import pytest

PATIENCE = 240_000                     # ms: of a busy machine; an idle one is ready in ten seconds
ERROR = '[data-mime-type="application/vnd.jupyter.error"]'
SETTINGS = {                           # every cell is on the page, and nothing pops up over it
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
PROMPTS = ".jp-CodeCell .jp-InputArea-prompt"        # of every cell whose source is in sight


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


def without_outputs(notebook):
    """Empty a notebook as "Clear all outputs" does, so that whatever it shows was run here, by this environment."""
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


@pytest.fixture
def start_lab(tmp_path):
    """start_lab(folder) -> the address of a JupyterLab that shows the folder; it ends with the test."""
    if importlib.util.find_spec("jupyterlab") is None:
        message = "no JupyterLab: pip install -r requirements.txt"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    started = []

    def start(folder):
        port, own = free_port(), tmp_path / "jupyter"
        for name, values in SETTINGS.items():
            file = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values), encoding="utf-8")
        homes = {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
                 "IPYTHONDIR": "ipython", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data",
                 "JUPYTER_RUNTIME_DIR": "runtime"}
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--IdentityProvider.token=",
                   "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
                   f"--ServerApp.root_dir={folder}"]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=folder,
                                  env=os.environ | {key: str(own / name) for key, name in homes.items()})
        started.append(server)
        said = list(takewhile(lambda line: "is running at" not in line, server.stderr))      # waits for each line
        assert server.poll() is None, "JupyterLab did not start:\n" + "".join(said)
        log = open(own / "log", "w", encoding="utf-8")                                       # or its pipe fills up
        subprocess.Popen(["cat"], stdin=server.stderr, stdout=log)
        return f"http://127.0.0.1:{port}/"

    yield start
    for server in started:
        server.terminate()
        server.wait()


@pytest.fixture
def open_notebook(start_lab, browser, tmp_path):
    opened, faults = [], []

    def open_(notebook, name="notebook.ipynb"):
        folder = tmp_path / "notebooks"
        folder.mkdir()
        nbformat.write(without_outputs(notebook), folder / name)
        url = start_lab(folder)
        context = browser.new_context(viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(PATIENCE)
        context.route("**/*", lambda route: route.continue_() if route.request.url.startswith((url, "data:", "blob:"))
                      else (faults.append(route.request.url), route.abort()))
        opened.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{url}doc/tree/{name}")
        page.get_by_text("| Idle").wait_for()    # run before the kernel is there, and it is asked which to take
        return page

    yield open_
    for context in opened:
        context.close()
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
            arg=[ERROR, PROMPTS])
        assert page.locator(PROMPTS).count() > 1
        assert page.locator(ERROR).all_inner_texts() == []

    return run
