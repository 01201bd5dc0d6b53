"""The tables of benchmarks: what was reached and what was missed."""

import re
from pathlib import Path

import speeds

from bertgpt_book.records import load_results

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "chapters" / "benchmarks.md").read_text(encoding="utf-8")
BENCHMARK = r"^```\{benchmark\} (\w+)$"
STEP = dict(setting="float32", peer="plain loop", unit="s a step", ours=0.02, theirs=0.019, ratio=0.95, goal=1.0)
LOSS = dict(setting="loss", peer="plain loop", unit="nats", ours=1.783, theirs=1.984, lower=0.201, goal=0.15)
CONTEXT = STEP | {"goal": None, "ratio": 1.5, "mb": {"ours": 12.4, "theirs": 99.6}}


def test_a_row_says_what_was_reached_and_what_was_missed():
    texts = [[text.replace("\N{NO-BREAK SPACE}", " ") for text in speeds.cells(row)] for row in (STEP, LOSS, CONTEXT)]
    assert texts == [
        ["float32", "plain loop", "20 ms a step", "19 ms", "0.95× as fast", "1, missed"],
        ["loss", "plain loop", "1.783 nats", "1.984 nats", "0.201 lower", "0.15, reached"],
        ["float32", "plain loop", "20 ms a step · 12 MB", "19 ms · 100 MB", "1.50× as fast", ""],
    ]


def test_we_are_faster_level_and_slower_where_the_page_says_so():
    ratio = {
        (name, row["setting"], row["peer"]): row["ratio"]
        for name in re.findall(BENCHMARK, PAGE, re.MULTILINE)
        for row in load_results(name)["rows"]
        if "ratio" in row
    }
    slower = {where for where, times in ratio.items() if times < 0.995}
    assert slower == {
        *(("training_speed", f"a step, {precision}", "plain loop") for precision in ("float32", "bfloat16")),
        *(("context_cost", f"GPT, {n} tokens", "transformers") for n in (64, 128, 2048, 4096)),
    }
    reached = [row["ratio"] >= row["goal"] for row in load_results("generate_speed")["rows"]]
    assert reached == [True, False, False, False]
    assert min(ratio, key=ratio.get) == ("context_cost", "GPT, 4096 tokens", "transformers")


def test_every_benchmark_that_make_runs_is_on_the_page():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    names = re.search(r"^BENCH +\?= (.+)$", makefile, re.MULTILINE)[1].split()
    assert re.findall(BENCHMARK, PAGE, re.MULTILINE) == names
