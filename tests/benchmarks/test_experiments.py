"""What experiments share: a row is made once, a record is written whole, a training that failed is not recorded."""

import pytest
from experiments import (
    NotRecorded,
    Row,
    check_learned,
    code_fingerprint,
    record,
    save_results,
    shipped,
    stale,
    weights_fingerprint,
)

from bertgpt.book.records import load_results
from bertgpt.weights.hub import find_weights


def test_what_is_saved_is_read_back_with_the_machine(tmp_path):
    rows = [{"seed": 0, "loss": 4.25}, {"seed": 1, "loss": 4.5}]
    save_results("trial", {"command": "python x.py"}, rows, tmp_path)
    found = load_results("trial", tmp_path)
    assert found["rows"] == rows and found["about"]["command"] == "python x.py"
    assert set(found["about"]["machine"]) == {"cores", "threads", "torch"}
    assert [path.name for path in tmp_path.iterdir()] == ["trial.json"]


def test_a_list_of_numbers_takes_one_line_and_keeps_them(tmp_path):
    rows = [{"ranks": [1.0, -0.5, 1e-07], "counts": [[1, 2, 2], [0, 0, 1]], "text": "[ 1,\n 2 ]"}]
    save_results("trial", {"command": ""}, rows, tmp_path)
    assert load_results("trial", tmp_path)["rows"] == rows
    assert '"ranks": [1.0, -0.5, 1e-07]' in (tmp_path / "trial.json").read_text()


def test_what_json_cannot_hold_leaves_the_old_file_alone(tmp_path):
    save_results("trial", {}, [{"loss": 1.0}], tmp_path)
    with pytest.raises(TypeError):
        save_results("trial", {}, [{"loss": object()}], tmp_path)
    assert load_results("trial", tmp_path)["rows"] == [{"loss": 1.0}]


def measured():
    """Measure."""
    return {"loss": 1.0}


def measured_anew():
    return {"loss": 2.0}


def test_a_row_is_made_once_and_again_when_what_it_is_made_of_has_changed(tmp_path):
    made = []

    def rows(code=measured, data="a"):
        return [Row(name=name, make=lambda name=name: made.append(name) or measured(), code=(code,), data=(data,))
                for name in ("one", "two")]

    record("trial", {}, rows(), ["two"], tmp_path)
    assert made == ["two"] and [row.name for row in stale("trial", rows(), tmp_path)] == ["one"]
    record("trial", {}, rows(), folder=tmp_path)
    assert made == ["two", "one"]
    assert [row["name"] for row in load_results("trial", tmp_path)["rows"]] == ["one", "two"]      # in planned order
    record("trial", {}, rows(), folder=tmp_path)
    assert made == ["two", "one"]
    for changed in (rows(code=measured_anew), rows(data="b")):
        assert len(stale("trial", changed, tmp_path)) == 2
    record("trial", {}, rows(data="b")[:1], folder=tmp_path)
    assert [row["name"] for row in load_results("trial", tmp_path)["rows"]] == ["one"]      # "two" is not planned


def test_words_about_the_code_are_no_code():
    bare = "def f(x):\n    return x\n"
    module = type("m", (), {})
    def of(source, monkey):
        monkey.setattr("inspect.getsource", lambda part: source)
        return code_fingerprint(module)
    with pytest.MonkeyPatch.context() as monkey:
        told = of('def f(x):\n    """Do."""\n    return x  # why\n', monkey)
        assert told == of('def f(x):\n    """Give."""\n\n    return x\n', monkey)
        assert told == "00705d792e25"          # on every Python, or what one has recorded another would make anew
        assert told != of("def f(x):\n    '''Do.'''\n    return -x\n", monkey) and told != of(bare + "y = 1\n", monkey)


def test_other_weights_have_another_fingerprint():
    assert weights_fingerprint("tinybert") != weights_fingerprint("tinygpt")
    assert weights_fingerprint("tinybert") == weights_fingerprint(str(find_weights("tinybert")))


def test_a_model_that_does_not_ship_yet_is_not_asked():
    assert shipped(Row(name="a", make=measured, weights=("tinybert",)))
    assert not shipped(Row(name="a", make=measured, weights=("tinybert", "tinynothing")))


def test_a_training_that_ends_where_it_began_is_not_recorded(tmp_path, capsys):
    history = [{"loss": 2.08}] * 30 + [{"loss": 1.0}] * 15
    assert check_learned(history, 1.5) == pytest.approx((5 * 2.08 + 15) / 20)
    with pytest.raises(NotRecorded, match="2.08 nats, above 1.5"):
        check_learned(history[:30], 1.5)
    record("trial", {}, [Row(name="flat", make=lambda: {"loss": check_learned(history[:30], 1.5)})], folder=tmp_path)
    assert not list(tmp_path.iterdir()) and "flat: not recorded" in capsys.readouterr().out
