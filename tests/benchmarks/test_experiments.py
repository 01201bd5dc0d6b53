"""What experiments share: a record is written whole, or the old one stays."""

import pytest
from experiments import save_results

from bertgpt.results import load_results


def test_what_is_saved_is_read_back_with_the_machine(tmp_path):
    rows = [{"seed": 0, "loss": 4.25}, {"seed": 1, "loss": 4.5}]
    save_results("trial", {"command": "python x.py"}, rows, tmp_path)
    found = load_results("trial", tmp_path)
    assert found["rows"] == rows and found["about"]["command"] == "python x.py"
    assert set(found["about"]["machine"]) == {"cores", "threads", "torch"}
    assert [path.name for path in tmp_path.iterdir()] == ["trial.json"]


def test_what_json_cannot_hold_leaves_the_old_file_alone(tmp_path):
    save_results("trial", {}, [{"loss": 1.0}], tmp_path)
    with pytest.raises(TypeError):
        save_results("trial", {}, [{"loss": object()}], tmp_path)
    assert load_results("trial", tmp_path)["rows"] == [{"loss": 1.0}]
