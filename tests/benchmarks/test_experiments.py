"""A row is made once and again when it is stale, a record is written whole, a failed training is not recorded."""

import pytest
from experiments import (
    NotRecorded,
    Row,
    add_runs,
    check_learned,
    fingerprint,
    record,
    save_results,
    stale,
    weights_fingerprint,
)

from bertgpt_book.records import load_results


def test_a_fingerprint_tells_texts_and_their_borders_apart():
    assert fingerprint("ab", "c") != fingerprint("a", "bc") != fingerprint("abc")
    assert fingerprint("ab", "c") == fingerprint("ab", "c")
    assert weights_fingerprint("tinybert") != weights_fingerprint("tinygpt")


def test_what_is_saved_is_read_back_with_the_machine_and_lists_take_one_line(tmp_path):
    rows = [{"ranks": [1.0, -0.5, 1e-07], "counts": [[1, 2, 2], [0, 0, 1]], "text": "[ 1,\n 2 ]"}]
    save_results("trial", {"command": "python x.py"}, rows, tmp_path)
    found = load_results("trial", tmp_path)
    assert found["rows"] == rows and found["about"]["command"] == "python x.py"
    assert set(found["about"]["machine"]) == {"cores", "threads", "torch", "bfloat16"}
    assert '"ranks": [1.0, -0.5, 1e-07]' in (tmp_path / "trial.json").read_text()
    with pytest.raises(TypeError):
        save_results("trial", {}, [{"loss": object()}], tmp_path)
    assert load_results("trial", tmp_path)["rows"] == rows
    assert [path.name for path in tmp_path.iterdir()] == ["trial.json"]


def test_a_row_is_made_once_and_again_when_its_data_have_changed(tmp_path):
    made = []

    def rows(data="a"):
        return [
            Row(name=name, make=lambda name=name: made.append(name) or {"loss": 1.0}, data=(data,))
            for name in ("one", "two")
        ]

    record("trial", {}, rows(), ["two"], tmp_path)
    assert made == ["two"] and [row.name for row in stale("trial", rows(), tmp_path)] == ["one"]
    record("trial", {}, rows(), folder=tmp_path)
    record("trial", {}, rows(), folder=tmp_path)
    assert made == ["two", "one"]
    assert [row["name"] for row in load_results("trial", tmp_path)["rows"]] == ["one", "two"]  # in planned order
    assert len(stale("trial", rows(data="b"), tmp_path)) == 2
    record("trial", {}, rows(data="b")[:1], folder=tmp_path)
    assert [row["name"] for row in load_results("trial", tmp_path)["rows"]] == ["one"]  # "two" is not planned


def test_runs_that_are_recorded_are_not_made_again_and_what_is_known_about_them_stays(tmp_path):
    made = []

    def runs(*seeds):
        return {(seed,): lambda seed=seed: made.append(seed) or {"seed": seed} for seed in seeds}

    save_results("trial", {"timed": 0.5}, [{"seed": 7}], tmp_path)
    for seeds in ((7, 0), (0, 1)):
        add_runs("trial", {"command": "python x.py"}, runs(*seeds), lambda row: (row["seed"],), tmp_path)
    found = load_results("trial", tmp_path)
    assert made == [0, 1] and found["rows"] == [{"seed": 7}, {"seed": 0}, {"seed": 1}]
    assert (found["about"]["timed"], found["about"]["command"]) == (0.5, "python x.py")


def test_a_training_that_ends_where_it_began_is_not_recorded(tmp_path, capsys):
    history = [{"loss": 2.08}] * 30 + [{"loss": 1.0}] * 15
    assert check_learned(history, 1.5) == pytest.approx((5 * 2.08 + 15) / 20)
    with pytest.raises(NotRecorded, match="2.08 nats, above 1.5"):
        check_learned(history[:30], 1.5)
    row = Row(name="flat", make=lambda: {"loss": check_learned(history[:30], 1.5)})
    record("trial", {}, [row], folder=tmp_path)
    assert not list(tmp_path.iterdir()) and "flat: not recorded" in capsys.readouterr().out
