"""Recorded experiments: complete where they ship, and refused by name where they are damaged."""

import json

import pytest

from bertgpt.book import records


def test_a_fingerprint_tells_texts_and_their_borders_apart():
    assert records.fingerprint("ab", "c") != records.fingerprint("a", "bc") != records.fingerprint("abc")
    assert records.fingerprint("ab", "c") == records.fingerprint("ab", "c")


@pytest.mark.parametrize("path", sorted(records.RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_experiment_says_how_it_was_made(path):
    found = records.load_results(path.stem)
    assert {"command", "data", "machine"} <= set(found["about"]) and found["rows"]


WHOLE = json.dumps({"about": {"command": "a"}, "rows": [{"name": "b"}]})


@pytest.mark.parametrize("content", [
    "", WHOLE[:20], "null", "[]", "{}", '{"about": {}}', '{"about": [], "rows": []}', '{"about": {}, "rows": 3}',
    '{"about": {}, "rows": [1]}', "[" * 9999, "\0" * 50])
def test_a_damaged_record_is_refused_by_name(content, tmp_path):
    (tmp_path / "trial.json").write_text(WHOLE)
    assert records.load_results("trial", tmp_path)["rows"] == [{"name": "b"}]
    (tmp_path / "trial.json").write_text(content)
    with pytest.raises(ValueError, match="trial.json cannot be read as a recorded experiment.*git checkout"):
        records.load_results("trial", tmp_path)


@pytest.mark.parametrize("name", ["nothing", "../secret", "sub/secret", "", "trial.json"])
def test_what_is_not_in_the_folder_is_not_read(name, tmp_path):
    folder = tmp_path / "results"
    (folder / "sub").mkdir(parents=True)
    for path in (folder / "trial.json", folder / "sub" / "secret.json", tmp_path / "secret.json"):
        path.write_text(WHOLE)
    with pytest.raises(ValueError, match="is no recorded experiment.*holds trial"):
        records.load_results(name, folder)
