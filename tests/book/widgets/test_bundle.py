"""The scripts as they stand, with imports, and joined into one: every name is there, and no name is another's."""

import json
from pathlib import Path

import pytest
from node import run_script

from bertgpt_book import widgets
from bertgpt_book.widgets.bundle import bundle

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


def test_no_page_carries_the_lines_of_comment(tmp_path):
    script = "// why\nexport const at = 'http://a'; // stays\n  // because\n"
    (tmp_path / "entry.js").write_text(script, encoding="utf-8")
    assert bundle(tmp_path / "entry.js") == "export const at = 'http://a'; // stays\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "entry.js"


def test_each_file_runs_once_before_those_that_import_it_in_a_scope_of_its_own(tmp_path):
    (tmp_path / "old.cjs").write_text("module.exports = { six: 6 };", encoding="utf-8")
    entry = write(
        tmp_path,
        entry='import { twice } from "./double.js";\nimport {\n  count, log,\n} from "./log.js";\n'
        'import old from "./old.cjs";\nconst own = 3;\nlog(twice(own + old.six));\n'
        "console.log(JSON.stringify(count()));\nexport const end = own;\n",
        double='import { log } from "./log.js";\nconst own = 2;\nlog("double");\n'
        "export const twice = (x) => own * x;\n",
        log='const own = ["log"];\nexport function log(x) { own.push(x); }\nexport const count = () => own;\n',
    )
    assert run_script(tmp_path, bundle(entry)) == ["log", "double", 18]
    assert bundle(entry) == bundle(entry)


@pytest.mark.parametrize(
    "entry, other, message",
    [
        ('import * as other from "./other.js";\n', "", "entry.js: 'import . as other.*cannot be bundled"),
        ('import { a } from "./other.js";\n', "export let a = 1;\n", "other.js: 'export let a = 1;' cannot be bundled"),
    ],
)
def test_what_cannot_be_joined_is_refused_by_name(tmp_path, entry, other, message):
    with pytest.raises(ValueError, match=message):
        bundle(write(tmp_path, entry=entry, other=other))
