"""A row is made once and again when it is stale, a record is written whole, a script says what it would do."""

import experiments
import pytest
from experiments import Row, fingerprint, load_record, main, record, save_results, stale

from bertgpt_book.records import load_results


def test_a_fingerprint_tells_texts_and_their_borders_apart():
    assert fingerprint("ab", "c") != fingerprint("a", "bc") != fingerprint("abc")
    assert fingerprint("ab", "c") == fingerprint("ab", "c")
    assert experiments.weights_fingerprint("littlebert") != experiments.weights_fingerprint("littlegpt")


def test_what_is_saved_is_read_back_with_the_machine_and_lists_take_one_line(tmp_path):
    rows = [{"ranks": [1.0, -0.5, 1e-07], "counts": [[1, 2, 2], [0, 0, 1]], "text": "[ 1,\n 2 ]"}]
    save_results("trial", {"steps": 3}, rows, tmp_path)
    saved = load_results("trial", tmp_path)
    assert saved["rows"] == rows and saved["about"]["steps"] == 3
    assert saved["about"]["command"] == "python benchmarks/trial.py"
    assert {"cores", "threads", "torch", "bfloat16"} <= saved["about"]["machine"].keys()
    assert '"ranks": [1.0, -0.5, 1e-07]' in (tmp_path / "trial.json").read_text()
    with pytest.raises(TypeError):
        save_results("trial", {}, [{"loss": object()}], tmp_path)
    assert load_results("trial", tmp_path)["rows"] == rows
    assert [path.name for path in tmp_path.iterdir()] == ["trial.json"]


def test_a_row_is_made_once_and_again_when_its_data_have_changed(tmp_path):
    made = []

    def rows(data="a"):
        return [Row(name, lambda name=name: made.append(name) or {"loss": 1.0}, (data,)) for name in ("one", "two")]

    record("trial", {}, rows(), ["two"], tmp_path)
    assert made == ["two"] and [row.name for row in stale("trial", rows(), folder=tmp_path)] == ["one"]
    record("trial", {}, rows(), folder=tmp_path)
    record("trial", {}, rows(), folder=tmp_path)
    assert made == ["two", "one"]
    assert [row["name"] for row in load_results("trial", tmp_path)["rows"]] == ["one", "two"]  # in planned order
    assert len(stale("trial", rows(data="b"), folder=tmp_path)) == 2
    record("trial", {}, rows(data="b")[:1], folder=tmp_path)
    assert [row["name"] for row in load_results("trial", tmp_path)["rows"]] == ["one"]  # "two" is not planned


def test_a_row_that_is_older_than_fingerprints_is_found_by_its_key_and_stays(tmp_path):
    save_results("trial", {"timed": 0.5}, [{"kind": "GPT", "seed": 7}], tmp_path)
    rows = [Row(f"GPT, seed {seed}", dict, key={"kind": "GPT", "seed": seed}) for seed in (7, 0)]
    assert [row.name for row in stale("trial", rows, folder=tmp_path)] == ["GPT, seed 0"]
    record("trial", {"steps": 3}, rows, folder=tmp_path)
    about, (old, new) = load_record("trial", tmp_path).values()
    assert old == {"kind": "GPT", "seed": 7} and (new["kind"], new["seed"]) == ("GPT", 0)
    assert (about["timed"], about["steps"]) == (0.5, 3)


def run(monkeypatch, tmp_path, *flags):
    rows = [Row("GPT, seed 0", dict, seconds=40), Row("elsewhere", dict, weights=("no/model",), seconds=2)]
    monkeypatch.setattr("sys.argv", ["trial.py", *flags, "--out", str(tmp_path)])
    main("Which is better?", "trial", {}, lambda: rows)


def test_rows_without_their_weights_are_left_out_in_one_line_and_the_others_listed(monkeypatch, tmp_path, capsys):
    run(monkeypatch, tmp_path, "--list")
    listed = capsys.readouterr()
    assert listed.out.splitlines() == ["    40 s  GPT, seed 0", "    40 s of a quiet core in all"]
    assert len(listed.err.splitlines()) == 1 and "no/model" in listed.err
    run(monkeypatch, tmp_path)
    assert [row["name"] for row in load_results("trial", tmp_path)["rows"]] == ["GPT, seed 0"]


def test_a_script_says_what_it_is_for_and_which_rows_there_are(monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit, match="^0$"):
        run(monkeypatch, tmp_path, "--help")
    assert "Which is better?" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="No row has BERT in its name. There are: GPT, seed 0; elsewhere"):
        run(monkeypatch, tmp_path, "--only", "BERT")
