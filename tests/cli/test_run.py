"""What a run's folder records, and what has to stay the same."""

import pytest

from bertgpt.cli.run import check_new, check_same, read_record


def test_a_start_that_was_killed_leaves_no_obstacle(tmp_path):
    (tmp_path / "run.json.part").write_text("{ half of")
    check_new(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"arguments": {}}'])
def test_a_damaged_record_is_named(content, tmp_path):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ValueError, match="run.json cannot be read"):
        read_record(tmp_path)


def test_another_vocabulary_is_named(tmp_path):
    record = {"arguments": {"text": ["a.txt"], "tokenizer": "mine.json"}, "texts": ["1f"], "tokenizer": "2e"}
    check_same(tmp_path, record, record)
    with pytest.raises(ValueError, match="^mine.json changed since"):
        check_same(tmp_path, record, record | {"tokenizer": "2f"})
