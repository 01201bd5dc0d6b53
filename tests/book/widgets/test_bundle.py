"""The scripts as they stand, with imports: every name is there."""

import json
from pathlib import Path

from node import run_script

from bertgpt_book import widgets

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = [*Path(widgets.__file__).parent.rglob("*.js"), *(ROOT / "tools" / "sphinx_ext").rglob("*.js")]


def test_every_script_imports_what_it_uses(tmp_path):
    """A name that no file exports is a SyntaxError before anything runs; what needs a page may fail after that."""
    faults = run_script(
        tmp_path,
        f"""const faults = [];
        for (const file of {json.dumps([path.as_uri() for path in SCRIPTS])}) {{
          await import(file).catch((error) => {{ if (error instanceof SyntaxError) faults.push(error.message); }});
        }}
        console.log(JSON.stringify(faults));""",
    )
    assert faults == []
