"""A record that is missing or damaged is named."""

import json

import pytest

from bertgpt_book import records

RECORD = json.dumps({"about": {"command": "a"}, "rows": [{"name": "b"}]})


@pytest.mark.parametrize("content", [None, "", RECORD[:20], "\0" * 50])
def test_a_record_that_cannot_be_read_is_named(content, tmp_path):
    (tmp_path / "trial.json").write_text(RECORD)
    assert records.recorded("trial", tmp_path) == {"b": {"name": "b"}}
    (tmp_path / "trial.json").unlink()
    if content is not None:
        (tmp_path / "trial.json").write_text(content)
    with pytest.raises(ValueError, match="trial.json cannot be read as a recorded experiment.*git checkout"):
        records.load_results("trial", tmp_path)
