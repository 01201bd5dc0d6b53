"""The repository as a whole: what the README promises, and the budgets that keep it readable."""

import ast
import importlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from glob import glob
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml

import bertgpt

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "bertgpt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
COMMANDS = ["make book", "make test"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
BOOK_TOOLS = {"babel", "bs4", "docutils", "jupyter_book", "jupyter_cache", "jupyterlab", "myst_nb", "myst_parser",
              "nbclient", "pybtex", "sphinx", "sphinx_exercise"}


def tracked() -> list[Path]:
    """Return the files git knows, those not yet committed too; where there is no git, skip the test."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("no git here")
    found = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                           cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in found.stdout.splitlines() if (ROOT / name).is_file()]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def workflow(name: str) -> dict:
    return yaml.safe_load((ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> set[str]:
    """Return the names of the packages and flat modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


def test_readme_is_short_and_names_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 100
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    for command in COMMANDS:
        assert re.search(rf"^{command}\b", readme, re.MULTILINE), f"the README does not show `{command}`"
        assert command in ci, f".ci/run does not call `{command}`"
    assert [line.partition("  ")[0] for line in ci if line.startswith("make")][0] == "make check"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), f"{name} links to {target}"


def test_every_message_that_is_explained_is_one_that_somebody_can_see():
    """Those of Python itself and the names of commands aside; … stands for what differs from one time to the next."""
    page = (ROOT / "chapters" / "troubleshooting.md").read_text(encoding="utf-8")
    programs = [ROOT / "Makefile", *PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.js"), *(ROOT / "chapters").glob("*.ipynb")]
    said = "".join(path.read_text(encoding="utf-8") for path in programs)
    ours = [message for message in re.findall(r"""^\*\*[`"](.+?)[`"]""", page, re.MULTILINE)
            if not message.startswith(("make ", "No module ", "ModuleNotFoundError"))]
    assert len(ours) >= 3
    missing = [message for message in ours if not all(part in said for part in message.split("…"))]
    assert not missing, f"nothing says {missing}"


def test_the_readme_draws_the_rooms_as_they_are():
    tree = (ROOT / "README.md").read_text(encoding="utf-8").split("src/bertgpt/\n")[1].split("```")[0]
    rooms = {found[1]: found[0] for found in re.finditer(r"^  (\w+)/(?:.*\n(?:    {3,}.*\n)*)", tree, re.MULTILINE)}
    names = sorted((path.parent.name, path.stem) for path in PACKAGE.rglob("*.py") if path.stem != "__init__")
    missing = [f"{room}/{name}" for room, name in names
               if room not in ("widgets", "engine") and not re.search(rf"\b{name}\b", rooms.get(room, tree))]
    assert missing == [], "give these a place on the README's map"


def test_contributing_is_short_and_names_every_tool():
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(contributing.splitlines()) <= 120
    tools = {f"tools/{path.name}" for path in (ROOT / "tools").glob("*.py")}
    assert set(re.findall(r"^\| `(tools/\w+\.py)` \|", contributing, re.MULTILINE)) == tools
    for target in re.findall(r"^make ([\w-]+)", contributing, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), target


@pytest.mark.skipif(sys.platform == "win32" or not shutil.which("make"), reason="there is no make")
@pytest.mark.parametrize("there, chosen", [({"python3": 11, "python3.13": 13}, "python3"), ({"python3": 15}, "python3"),
                                           ({"python3": 14, "python3.12": 12, "python3.14": 14}, "python3.12"),
                                           ({"python3": 10, "python3.14": 14}, "python3.14"), ({"python3": 9}, "")])
def test_make_takes_the_first_python_that_the_books_tools_are_tried_with(there, chosen, tmp_path):
    for name, minor in there.items():
        pretend = f"import sys; sys.version_info = (3, {minor})\n$2"
        (tmp_path / name).write_text(f"#!/bin/bash\n'{sys.executable}' -c \"{pretend}\"")
        (tmp_path / name).chmod(0o755)
    made = subprocess.run([shutil.which("make"), "-s", "-f", "Makefile", "-f", "-", "show"], cwd=ROOT, text=True,
                          input="show: ; @echo $(PYTHON)\n", env={"PATH": str(tmp_path)}, capture_output=True)
    assert made.stdout.strip() == chosen


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_are_short_and_their_tokens_read_only(path):
    assert lines(path) <= 60
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    more = {name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job}
    assert more == {"book": {"deploy": {"pages": "write", "id-token": "write"}},
                    "release": {"agree": {"contents": "read", "actions": "read"}}}.get(path.stem, {})


def test_only_a_release_that_has_passed_is_published():
    release, book = workflow("release"), workflow("book")
    assert release[True] == {"push": {"tags": ["v*"]}}
    steps = "\n".join(step.get("run", "") for step in release["jobs"]["agree"]["steps"])
    assert 'gh run list --workflow tests --commit "$GITHUB_SHA" --status success' in steps
    assert 'set_version.py --check "$GITHUB_REF_NAME"' in steps
    assert book[True] == {"workflow_run": {"workflows": ["release"], "types": ["completed"]}}
    assert "conclusion == 'success'" in book["jobs"]["build"]["if"]
    assert "conclusion" in book["concurrency"]["group"]              # a failed one does not stop one that is under way
    assert book["jobs"]["deploy"]["needs"] == "build"


def test_what_a_reader_can_take_along_lies_where_its_page_says(tmp_path):
    address = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["html"]["baseurl"]
    page = (ROOT / "chapters" / "how_to_read.md").read_text(encoding="utf-8")
    named = set(re.findall(rf"\({address}([^)]+)\)", page))
    steps = workflow("book")["jobs"]["build"]["steps"]
    made, publishes = "the-mask-is-the-model", [step for step in steps if "zip" in step.get("run", "")]
    assert named == {f"{made}.pdf", f"{made}.epub", f"{made}.zip"} and len(publishes) == 1
    assert {"path": "_build/html"} in [step.get("with") for step in steps[steps.index(publishes[0]):]]
    if not (shutil.which("bash") and shutil.which("zip")):
        pytest.skip("there is no bash or no zip")
    pages = tmp_path / "_build" / "html"
    pages.mkdir(parents=True)
    for path in (pages / "index.html", *(pages.parent / f"{made}.{kind}" for kind in ("pdf", "epub"))):
        path.write_text("made", encoding="utf-8")
    subprocess.run(["bash", "-e", "-c", publishes[0]["run"]], cwd=tmp_path, check=True)
    assert {path.name for path in pages.iterdir()} == {"index.html", *named}
    with ZipFile(pages / f"{made}.zip") as packed:
        assert [name for name in packed.namelist() if not name.endswith("/")] == ["html/index.html"]


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
def test_pages_on_which_the_published_models_say_nothing_are_not_published(tmp_path):
    (look,) = [step["run"] for step in workflow("book")["jobs"]["build"]["steps"] if "grep" in step.get("run", "")]
    code = '<span class="si">}</span><span class="s2"> can be asked in Colab, which fetches it."</span>\n'
    (page := tmp_path / "_build" / "html" / "chapters" / "page.html").parent.mkdir(parents=True)
    for path in (ROOT / "chapters").glob("1[12]_*.ipynb"):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        printed = [line for cell in cells for output in cell.get("outputs", ()) for line in output.get("text", ())]
        silent = [line for line in printed if "which fetches it" in line]
        assert len(silent) == 2
        for said, status in ((code, 0), (code + silent[0], 1), (code + silent[1], 1)):
            page.write_text(said, encoding="utf-8")
            assert subprocess.run(["bash", "-e", "-c", look], cwd=tmp_path, capture_output=True).returncode == status


def test_the_package_is_tried_without_the_tools_of_the_book():
    """Neither the tests that the workflow runs with the package's needs only, nor what they import, ask for one."""
    own = {path.stem: path for folder in PROJECT["tool"]["pytest"]["ini_options"]["pythonpath"]
           for path in (ROOT / folder).glob("*.py")}
    command = workflow("tests")["jobs"]["package"]["steps"][-1]["run"]
    ignored = [ROOT / "tests" / name for name in re.search(r"--ignore=tests/\{(.+?)\}", command)[1].split(",")]
    needs = {}
    for path in (ROOT / "tests").rglob("*.py"):
        found, new = set(), imports(path)
        while new:
            found |= new
            new = set().union(*(imports(own[name]) for name in new & own.keys())) - found
        needs[path] = found & BOOK_TOOLS
    assert {path for path, tools in needs.items() if tools and not {path, *path.parents} & {*ignored}} == set()
    assert all(path.exists() for path in ignored)


def test_every_job_that_installs_torch_takes_the_small_wheel():
    jobs = [(path.stem, name, {**workflow(path.stem).get("env", {}), **job.get("env", {})})
            for path in WORKFLOWS for name, job in workflow(path.stem)["jobs"].items()
            if any(re.search(r"^ *(make|pip install)", step.get("run", ""), re.MULTILINE) for step in job["steps"])]
    without = {(path, name) for path, name, settings in jobs if "PIP_EXTRA_INDEX_URL" not in settings}
    assert len(jobs) >= 6 and without == {("colab", "image")}       # Google's image brings its own


def test_what_a_release_asks_to_run_by_hand_can_be():
    assert "workflow_dispatch" in workflow("weekly")[True] and "workflow_dispatch" in workflow("colab")[True]
    assert "workflow_dispatch" in workflow("colab")["jobs"]["image"]["if"]


def test_what_is_kept_from_updates_is_there():
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    (pip,) = [update for update in updates if update["package-ecosystem"] == "pip"]
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert all(f"\n{each['dependency-name']}==" in pins for each in pip["ignore"])
    assert all((ROOT / path).is_file() for path in pip["exclude-paths"])


def test_no_system_turns_the_ends_of_lines():
    if names := [path.relative_to(ROOT).as_posix() for path in tracked()]:
        told = subprocess.run(["git", "check-attr", "-z", "--stdin", "text", "eol"], input="\0".join(names), cwd=ROOT,
                              capture_output=True, text=True, check=True).stdout.split("\0")
        said = dict(zip(zip(told[0::3], told[1::3]), told[2::3]))
        assert {(said[name, "text"], said[name, "eol"]) for name in names} == {("auto", "lf"), ("unset", "lf")}
        bytewise = {name for name in names if said[name, "text"] == "unset"}
        assert bytewise == {name for name in names if name.startswith("src/bertgpt/assets/") or name.endswith(".cjs")}


def test_no_absolute_path_of_a_machine():
    places = re.compile(r"(?<![\w.])/(?:home|root|Users|work)/[\w.-]+")
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.name != Path(__file__).name:
            assert not (hit := places.search(text)), f"{path.relative_to(ROOT)} holds {hit.group()}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_no_module_is_long(path):
    assert lines(path) <= 220


def test_no_function_is_long():
    long = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (length := node.end_lineno - node.lineno + 1) > 60:
                long.append(f"{path.relative_to(PACKAGE)}: {node.name} has {length} lines")
    assert long == []


def test_every_need_has_a_floor_and_no_ceiling():
    from floors import floors

    needs = PROJECT["project"]["dependencies"]
    assert len({need.partition(">")[0] for need in needs}) == len(needs)
    for need in needs:
        assert re.fullmatch(r"[\w-]+>=\d+\.\d+\.\d+", need), need
        assert need.replace(">=", "==") in floors()


def test_what_the_package_imports_is_declared():
    names = {"sklearn": "scikit-learn"}
    needs = {need.partition(">=")[0] for need in PROJECT["project"]["dependencies"]}
    used = set().union(*map(imports, PACKAGE.rglob("*.py")))
    used = {names.get(name, name) for name in used - sys.stdlib_module_names - {"bertgpt"}}
    assert used | {"ipywidgets"} == needs        # under anywidget: its floor is the version that Colab has


def test_the_wheel_takes_every_file():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["bertgpt"]
    taken = {PACKAGE / name for pattern in patterns for name in glob(pattern, root_dir=PACKAGE, recursive=True)}
    taken |= {path for path in PACKAGE.rglob("*.py") if (path.parent / "__init__.py").exists()}
    assert [path for path in tracked() if PACKAGE in path.parents and path not in taken] == []


def test_the_command_is_a_function():
    module, _, name = PROJECT["project"]["scripts"]["bertgpt"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))


def test_the_version_is_written_alike_in_both_places():
    assert bertgpt.__version__ == PROJECT["project"]["version"]


def test_a_release_is_one_version_everywhere(tmp_path):
    from set_version import set_version, versions

    found = versions(ROOT)
    assert found == dict.fromkeys(found, [bertgpt.__version__])
    assert {name for name in found if name.endswith(".ipynb")} == {
        str(path.relative_to(ROOT)) for path in (ROOT / "chapters").glob("*.ipynb")}
    for name in found:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    assert "_config.yml" in found                # the button "Run in Colab" opens this release
    set_version(tmp_path, "7.8.9")
    assert versions(tmp_path) == dict.fromkeys(found, ["7.8.9"])
    command = [sys.executable, str(ROOT / "tools" / "set_version.py"), "--check"]
    for tag, code in ((f"v{bertgpt.__version__}", 0), ("v7.8.9", 1)):
        done = subprocess.run([*command, tag], capture_output=True, text=True)
        assert done.returncode == code and ("pyproject.toml says" in done.stderr) == bool(code)


def test_set_address_reaches_every_place(tmp_path):
    from set_address import PLACEHOLDER, set_address

    files = ["_config.yml", "README.md", "pyproject.toml", "chapters/index.md", "chapters/how_to_read.md"]
    files += [str(path.relative_to(ROOT)) for path in sorted((ROOT / "chapters").glob("*.ipynb"))]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    changed = set_address(tmp_path, files, "somebody", "their-book")
    assert {"_config.yml", "README.md", "pyproject.toml"} <= set(changed)
    for name in files:
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert PLACEHOLDER not in text, name
        assert "placeholder" not in text and "no public address" not in text, name
        assert name[-6:] != ".ipynb" or json.loads(text)["cells"]
    assert "somebody.github.io/their-book/" in (tmp_path / "_config.yml").read_text(encoding="utf-8")


def test_a_placeholder_for_an_address_is_said_to_be_one():
    from set_address import PLACEHOLDER

    is_one = f"github.com/{PLACEHOLDER}\n" in (ROOT / "_config.yml").read_text(encoding="utf-8")
    for name in ("README.md", "chapters/index.md", "chapters/how_to_read.md"):
        assert ("<!-- placeholder -->" in (ROOT / name).read_text(encoding="utf-8")) == is_one, name


def test_what_is_released_stays_as_it_was_released():
    checkout = workflow("tests")["jobs"]["everything"]["steps"][0]
    assert checkout["with"] == {"fetch-depth": 0}                   # without the tags this test would see nothing
    tag = f"refs/tags/v{bertgpt.__version__}"
    known = ["git", "rev-parse", "-q", "--verify", tag]
    if shutil.which("git") and subprocess.run(known, cwd=ROOT, capture_output=True).returncode == 0:
        same = subprocess.run(["git", "diff", "--quiet", tag, "--", "src", "chapters"], cwd=ROOT)
        assert same.returncode == 0, f"{tag} is released: begin the next by python tools/set_version.py"


def test_importing_the_package_is_silent():
    command = [sys.executable, "-W", "error::UserWarning", "-c", "import bertgpt"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
