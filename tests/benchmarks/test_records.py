"""The records: complete, and made from the data, weights and records that ship."""

import importlib
import re
import shutil
import subprocess
from pathlib import Path

import experiments
import pytest
from experiments import fingerprint, made_with, weights_fingerprint

from bertgpt.assets import SHIPPED
from bertgpt_book.modern.wheels import SMOLLM2, WHEELS
from bertgpt_book.records import RESULTS, load_results

RECORDS = sorted(path.stem for path in RESULTS.glob("*.json"))
ROOT = Path(experiments.__file__).parents[1]
PLANNED = (
    "asked_everywhere blank_in_sight borders cards classify_a_text closed_later "
    "continuing corner_seeds exams fair_fight film_blanks first_three hidden_words "
    "letter_senses loops one_file opened_cells overfitting samples three_sizes "
    "untrained_head"
).split()
KEYS = ("name", "corpus", "setting", "peer", "asked", "model", "processes", "turn", "width", "steps", "seed")


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_says_how_it_was_made_and_names_its_rows(name):
    about, rows = load_results(name).values()
    assert {"command", "data", "machine"} <= about.keys() and rows
    python, script, *_ = about["command"].split()
    assert python == "python" and (ROOT / script).exists() != ("commit" in about)
    if "commit" in about and shutil.which("git"):
        # A finished experiment's script is in the history, of which a clone may have a part only.
        listing = ["git", "ls-tree", "--name-only", about["commit"], script]
        found = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True)
        assert found.returncode or found.stdout.strip() == script
    keys = [tuple(str(row.get(key)) for key in KEYS) for row in rows]
    assert len(set(keys)) == len(rows) and set(keys[0]) != {"None"}


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANNED)
def test_recorded_rows_are_planned_and_made_from_what_ships(name):
    script = importlib.import_module(name)
    about, rows = load_results(script.NAME).values()
    planned = list(script.rows())
    kept = [row.find(rows) for row in planned]
    assert len([row for row in kept if row]) == len(rows)
    assert getattr(script, "ABOUT", about).get("data", {}).items() <= about["data"].items()
    for row, old in zip(planned, kept):
        assert row.seconds > 0 and (row.data or row.key)
        if old and "made_with" in old:
            assert old["made_with"]["data"] == list(row.data)
            if set(row.weights) <= SHIPPED.keys():  # MiniLM's are pinned, and not on every machine
                assert old["made_with"] == made_with(row)


@pytest.mark.parametrize("name", RECORDS)
def test_rows_are_made_with_the_weights_that_ship_or_are_pinned(name):
    (pinned,) = WHEELS[SMOLLM2].files.values()
    for row in load_results(name)["rows"]:
        for source, digest in row.get("made_with", {}).get("weights", {}).items():
            if source in SHIPPED:
                assert digest == weights_fingerprint(source), row["name"]
            elif source == SMOLLM2:
                assert digest == pinned[:12], row["name"]


PAGES = sorted([*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("chapters/*.md"), *ROOT.glob("src/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_where_a_script_is_that_is_no_longer_in_the_tree(page):
    text = page.read_text(encoding="utf-8")
    for name in set(re.findall(r"benchmarks/(\w+)\.py", text)):
        if not (ROOT / "benchmarks" / f"{name}.py").exists():
            assert load_results(name)["about"]["commit"] in text, name


def test_comparisons_are_made_from_the_records_that_ship():
    for name, digest in load_results("comparisons")["about"]["data"].items():
        assert fingerprint((RESULTS / f"{name}.json").read_text(encoding="utf-8")) == digest, name
