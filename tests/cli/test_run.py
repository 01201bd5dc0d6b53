"""What a run's folder records, and what has to stay the same."""

import pytest

from bertgpt.cli.run import check_new, check_same, read_record, sha256_of

RECORD = {"arguments": {"seed": 3, "weight_decay": 0.1, "text": ["a.txt"], "tokenizer": "mine.json"}, "steps": 5,
          "texts": ["1f"], "tokenizer": "2e"}


def test_a_hash_tells_texts_apart_however_they_are_cut():
    cut = (["ab", "c"], ["a", "bc"], ["abc"], ["c", "ab"], [], [""])
    assert len({sha256_of(texts) for texts in cut}) == len(cut)


def test_a_start_that_was_killed_leaves_no_obstacle(tmp_path):
    (tmp_path / "run.json.part").write_text("{ half of")
    check_new(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"arguments": {}}'])
def test_a_damaged_record_is_named(content, tmp_path):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(ValueError, match="run.json cannot be read"):
        read_record(tmp_path)


@pytest.mark.parametrize("changed, named", [
    ({"arguments": RECORD["arguments"] | {"seed": 4}}, "--seed was 3, now 4"),
    ({"arguments": RECORD["arguments"] | {"newer_flag": 1}}, "--newer-flag was None"),
    ({"texts": ["1e"]}, "^a.txt changed since"), ({"tokenizer": "2f"}, "^mine.json is another vocabulary")])
def test_what_changed_is_named(changed, named, tmp_path):
    check_same(tmp_path, RECORD, RECORD)
    with pytest.raises(ValueError, match=named):
        check_same(tmp_path, RECORD, RECORD | changed)
