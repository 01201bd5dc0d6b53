"""The page of benchmarks: drawn from records, with no number where there is no record."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import speeds

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "chapters" / "benchmarks.md").read_text(encoding="utf-8")
ROW = {"setting": "float32", "peer": "plain loop", "unit": "s a step", "ours": 0.02, "theirs": 0.019, "ratio": 0.95,
       "goal": 1.0}
LOSS = {"setting": "loss", "peer": "plain loop", "unit": "nats", "ours": 1.783, "theirs": 1.984, "lower": 0.201,
        "goal": 0.15}
CONTEXT = ROW | {"goal": None, "ratio": 1.5, "mb": {"ours": 12.4, "theirs": 99.6}}
ABOUT = {"cpu": "Some CPU", "versions": {"torch": "2.9"}, "turns": 3, "command": "python benchmarks/a.py", "data": {},
         "machine": {"cores": 2, "threads": 1, "torch": "2.9"}}


def drawn(name: str) -> str:
    return "\n".join(node.astext() for node in speeds.Benchmark.run(SimpleNamespace(arguments=[name])))


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    def write(*rows):
        (tmp_path / "a.json").write_text(json.dumps({"about": ABOUT, "rows": rows}))
    monkeypatch.setattr(speeds, "RESULTS", tmp_path)
    monkeypatch.setattr(speeds.load_results, "__defaults__", (tmp_path,))
    return write


def test_without_a_record_there_is_no_number(recorded):
    text = drawn("a")
    assert text.startswith("Not recorded yet.") and "python benchmarks/a.py" in text and not re.search(r"\d", text)


def test_a_row_says_what_was_reached_and_what_was_missed(recorded):
    recorded(ROW, LOSS, CONTEXT)
    text = drawn("a")
    for part in ("0.95 times as fast", "1, missed", "0.201 lower", "0.15, reached", "0.02 · 12 MB", "0.019 · 100 MB",
                 "Some CPU, 2 cores, 1 thread(s), torch 2.9; 3 turns"):
        assert part in text, part
    assert speeds.outcome(CONTEXT) == ("1.50 times as fast", "")


def test_every_benchmark_that_make_runs_has_its_place_on_the_page():
    asked = re.search(r"^BENCH +\?= (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    assert re.findall(r"^```\{benchmark\} (\w+)$", PAGE, re.MULTILINE) == asked
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in asked)
