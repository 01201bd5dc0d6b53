"""The benchmarks of speed run through at small sizes; what they find then is no measure and is kept nowhere."""

import importlib

import pytest
import turns

from bertgpt.book.records import load_results

SMALL = {                              # script -> arguments that make it a rehearsal
    "training_speed": "--steps 4 --windows 7",
    "mlm_step": "--rows 2",
    "generate_speed": "--tokens 3",
    "scoring_speed": "",
    "context_cost": "--contexts 8 64",
}
COLUMNS = {"setting", "peer", "unit", "ours", "theirs", "goal"}


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_rehearsal_leaves_a_whole_record(name, tmp_path, monkeypatch):
    script = importlib.import_module(name)
    monkeypatch.setattr("sys.argv", [name, "--turns", "1", "--out", str(tmp_path), *SMALL[name].split()])
    for constant, value in {"CHUNK": 2, "ANSWERS": 4}.items():
        if hasattr(script, constant):
            monkeypatch.setattr(script, constant, value)
    script.main()
    found = load_results(name, tmp_path)
    assert {"command", "data", "machine", "versions", "cpu", "turns"} <= set(found["about"])
    assert set(found["about"]["versions"]) - {"transformers"} == {"python", "torch"}
    for row in found["rows"]:
        assert row.keys() >= COLUMNS and min(row["ours"], row["theirs"]) > 0 and ("lower" in row or row["ratio"] > 0)


def test_turns_are_taken_about_and_the_first_is_not_counted():
    order = []
    seconds = turns.turn_about({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2)
    assert order == list("ababab") and {name: len(times) for name, times in seconds.items()} == {"a": 2, "b": 2}


def test_a_row_gives_medians_and_how_many_times_as_fast_ours_is():
    row = turns.compared("x", "theirs", [1.0, 2.0, 1.0], [3.0, 3.0, 1.0], goal=2.0)
    assert (row["ours"], row["theirs"], row["ratio"], row["ratios"]) == (1.0, 3.0, 3.0, [1.0, 1.5, 3.0])
    rate = turns.compared("x", "theirs", [2.0], [4.0], work=8, unit="tokens a second")
    assert (rate["ours"], rate["theirs"], rate["ratio"]) == (4.0, 2.0, 2.0)
    assert "at_most" not in row
    assert turns.compared("x", "theirs", [1.0], [3.0], at_most=1.5)["at_most"] == 1.5
