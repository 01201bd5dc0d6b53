"""Node, which runs the page's scripts in tests: without it a test is skipped, or fails where CI is set."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bertgpt_book import widgets

WIDGETS = Path(widgets.__file__).parent
SCRIPT = """import {{ readFileSync }} from "node:fs";
{imports}
const page = {{ {page} }}, given = JSON.parse(readFileSync("given.json"));
const read = (name) => readFileSync(new URL(`{folder}/${{name}}`));
const found = await (async () => {{
{body}
}})();
console.log(JSON.stringify(found, (_, x) => (ArrayBuffer.isView(x) ? [...x] : x)));
"""


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


def call_page(folder: Path, files: str | tuple[str, ...], body: str, given=None):
    """Run the body of a JavaScript function in a folder: -> what it returns, as JSON has it.

    page: what these files of the widgets export; given: what Python gives; read(name): a file's bytes
    """
    names = [files] if isinstance(files, str) else files
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    script = SCRIPT.format(
        imports="\n".join(f'import * as file{n} from "{(WIDGETS / name).as_uri()}";' for n, name in enumerate(names)),
        page=", ".join(f"...file{n}" for n in range(len(names))),
        folder=WIDGETS.as_uri(),
        body=body,
    )
    return run_script(folder, script)
