"""Records are read whole, and a damaged one is named."""

import json

import pytest

from bertgpt_book import records

WHOLE = json.dumps({"about": {"command": "a"}, "rows": [{"name": "b"}]})


@pytest.mark.parametrize(
    "content",
    [
        "",
        WHOLE[:20],
        "null",
        "[]",
        "{}",
        '{"about": {}}',
        '{"about": [], "rows": []}',
        '{"about": {}, "rows": 3}',
        '{"about": {}, "rows": [1]}',
        "[" * 9999,
        "\0" * 50,
    ],
)
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
