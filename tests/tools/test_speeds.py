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
LIMIT = ROW | {"goal": None, "ratio": 0.6, "unit": "s", "ours": 0.02, "at_most": 0.05}
CONTEXT = ROW | {"goal": None, "ratio": 1.5, "mb": {"ours": 12.4, "theirs": 99.6}}
ABOUT = {"cpu": "Some CPU", "versions": {"torch": "2.9"}, "turns": 3, "command": "python benchmarks/a.py", "data": {},
         "machine": {"cores": 2, "threads": 1, "torch": "2.9"}}


NOTED: list[str] = []


def drawn(name: str) -> str:
    """Draw a record of a book whose only benchmark is a.py."""
    env = SimpleNamespace(srcdir=speeds.RESULTS, note_dependency=NOTED.append)
    state = SimpleNamespace(document=SimpleNamespace(settings=SimpleNamespace(env=env)))
    asked = SimpleNamespace(arguments=[name], state=state, error=ValueError, draw=speeds.Benchmark.draw)
    return "\n".join(node.astext() for node in speeds.Benchmark.run(asked))


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    def write(*rows):
        (tmp_path / "a.json").write_text(json.dumps({"about": ABOUT, "rows": rows}))
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "a.py").touch()
    monkeypatch.setattr(speeds, "RESULTS", tmp_path)
    monkeypatch.setattr(speeds.load_results, "__defaults__", (tmp_path,))
    return write


def test_without_a_record_there_is_no_number(recorded):
    text = drawn("a")
    assert text.startswith("Not recorded yet.") and "python benchmarks/a.py" in text and not re.search(r"\d", text)
    assert NOTED[-1] == str(speeds.RESULTS / "a.json")               # once there is a record, the page is read again


def test_a_mistyped_benchmark_is_an_error(recorded):
    with pytest.raises(ValueError, match=r"there is no benchmarks/b\.py"):
        drawn("b")


def test_a_row_says_what_was_reached_and_what_was_missed(recorded):
    recorded(ROW, LOSS, CONTEXT)
    text = drawn("a").replace("\N{NO-BREAK SPACE}", " ")
    for part in ("0.95× as fast", "1, missed", "0.201 lower", "0.15, reached", "20 ms a step · 12 MB", "19 ms · 100 MB",
                 "Some CPU, 2 cores, 1 thread(s), torch 2.9; 3 turns"):
        assert part in text, part
    assert speeds.outcome(LIMIT) == ("0.60× as fast", "at most 50\N{NO-BREAK SPACE}ms, reached")
    assert speeds.outcome(LIMIT | {"ours": 0.051})[1] == "at most 50\N{NO-BREAK SPACE}ms, missed"
    assert speeds.outcome(LIMIT | {"goal": 1.0})[1] == "1, missed; at most 50\N{NO-BREAK SPACE}ms, reached"
    assert speeds.outcome(CONTEXT) == ("1.50× as fast", "")


def test_one_answer_is_no_plural():
    assert [speeds.cells(row)[0] for row in speeds.load_results("scoring_speed")["rows"]][:2] == [
        "1 answer to a prompt", "4 answers to a prompt"]


def run_of(name: str, seed: int, loss: float, **average) -> dict:
    return {"name": name, "seed": seed, "steps": 500, "average": average,
            "curve": [{"step": 500, "mlm_loss": 9.0, "loss_at_mask" if name.startswith("B") else "lm_loss": loss}]}


def test_a_change_is_set_beside_the_plain_recipe_seed_by_seed():
    rows = [run_of("GPT plain", 0, 5.0), run_of("GPT plain", 1, 5.04), run_of("BERT plain", 0, 6.0),
            run_of("GPT muon", 0, 4.8), run_of("GPT muon", 1, 4.9), run_of("GPT average", 0, 9.0, lm_loss=5.02),
            run_of("GPT average", 1, 9.0, lm_loss=5.03), run_of("GPT once", 0, 4.0), run_of("BERT muon", 0, 5.5),
            run_of("GPT rate", 0, 5.4), run_of("GPT rate", 1, 5.0)]
    seconds = {"GPT plain": 0.551, "BERT muon": 0.7, "GPT muon": 0.6}
    assert [row[1:] for row in speeds.effects(rows, "GPT", seconds)] == [
        ["plain", "5.020 ± 0.020", "0.55", "2"], ["muon", "−0.170", "0.60", "2"], ["average", "none", "–", "2"],
        ["once", "one seed decides nothing", "–", "1"],                         # one seed may be luck
        ["rate", "none", "–", "2"]]                                             # worse with one seed, better with one
    assert [row[1:3] for row in speeds.effects(rows, "BERT", {})] == [["plain", "6.000"],
                                                                  ["muon", "one seed decides nothing"]]
    assert speeds.effects(rows, "Both", {}) == []
    rows += [run_of("BERT plain", 1, 6.02), run_of("BERT muon", 1, 5.4), run_of("BERT rate", 0, 5.9),
             run_of("BERT rate", 1, 6.1), run_of("BERT luck", 0, 5.6), run_of("BERT luck", 1, 6.0)]
    rows[8]["curve"].insert(0, {"step": 300, "loss_at_mask": 5.79})
    assert [row[2] for row in speeds.effects(rows, "BERT", {}, 6.1)] == [
        "6.010 ± 0.010, on the plateau", "−0.560, off the plateau at step 300 and 500", "on the plateau",
        "none, off the plateau at step 500, 1 of 2 on the plateau"]              # -0.4 with one seed, -0.02 with one


def test_the_recipe_of_the_shipped_pair_is_what_its_record_favours():
    found = speeds.load_results("recipe")
    gpt = {row[1]: row[2] for row in speeds.effects(found["rows"], "GPT", {})}
    gained = {change: float(said.replace("−", "-")) for change, said in gpt.items() if said.startswith("−")}
    assert set(gained) == {"muon", "dropout 0", "muon, linear, average"} and gpt["linear to zero"] == "none"
    assert gained["muon"] < gained["muon, linear, average"] < gained["dropout 0"]
    assert gpt["average of weights"].startswith("+")
    line = found["about"]["frequencies"]
    bert = {row[1]: row[2] for row in speeds.effects(found["rows"], "BERT", {}, line)}
    assert bert.pop("plain").endswith("on the plateau")
    left = {change: said for change, said in bert.items() if said != "on the plateau"}
    assert left == {"muon, short rows first": "−1.267, off the plateau at step 837 and 837",
                    "muon, short rows first, rate 0.15": "none, off the plateau at step 1,209, 1 of 2 on the plateau",
                    "muon, short rows first, rate falling": "−1.229, off the plateau at step 837 and 837"}
    assert set(bert) - set(left) == {"learning rate 2e-3", "muon", "short rows first", "every 16th batch causal",
                                     "first quarter causal", "muon, first quarter causal"}
    seconds = found["about"]["seconds_a_step"]
    assert all(1.05 < seconds[f"{kind} muon"] / seconds[f"{kind} plain"] < 1.15 for kind in ("GPT", "BERT"))
    page = (ROOT / "chapters" / "data_and_models.md").read_text(encoding="utf-8")
    assert all(said in page for said in ("1.27 nats lower", "both seeds by step 837", "one seed leaves at step 1,209",
                                         "a tenth more time a step"))


def test_every_benchmark_that_make_runs_has_its_place_on_the_page():
    asked = re.search(r"^BENCH +\?= (.+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    assert re.findall(r"^```\{benchmark\} (\w+)$", PAGE, re.MULTILINE) == asked
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in asked)
