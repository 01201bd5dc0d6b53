"""What a run's folder is known by, and that a process has it to itself."""

import pytest

from bertgpt.cli.run import Run, sha256_of
from bertgpt.text.tokenizer import Tokenizer

RECORD = {"arguments": {"seed": 3, "weight_decay": 0.1, "text": ["a"]}, "steps": 5, "texts": ["1f"], "tokenizer": "2e"}


def test_a_hash_tells_texts_apart_however_they_are_cut():
    long = "\u00e9a" * 2**20
    cut = (["ab", "c"], ["a", "bc"], ["abc"], ["c", "ab"], [], [""], [long], [long[1:]])
    assert len({sha256_of(texts) for texts in cut}) == len(cut)
    assert sha256_of(iter([long, "b"])) == sha256_of([long, "b"])


def test_what_is_written_is_read(tmp_path):
    run, tokenizer = Run(tmp_path / "run"), Tokenizer.train_char(["abc"])
    run.check_new()
    with run.claimed() as metrics:
        run.check_new()                          # a claim alone is nothing that a start could destroy
        run.write(RECORD, tokenizer)
        metrics.write("row\n")
    assert run.read() == RECORD and run.tokenizer().sha256() == tokenizer.sha256()
    assert not run.checkpoint.exists() and (run.folder / "metrics.jsonl").read_text() == "row\n"
    with pytest.raises(ValueError, match="not empty"):
        run.check_new()


@pytest.mark.parametrize("changed, named", [
    ({"arguments": {"seed": 4}}, r"run.json.*--seed was 3, now 4"),
    ({"arguments": {"weight_decay": 0.2}}, r"--weight-decay was 0.1"),
    ({"arguments": {"newer_flag": 1}}, r"--newer-flag was None"),
    ({"texts": ["1e"]}, "^a changed since .*run.json"), ({"tokenizer": "2f"}, "run.json.*another vocabulary")])
def test_what_changed_is_named(changed, named, tmp_path):
    run = Run(tmp_path)
    run.check_same(RECORD, **RECORD)
    run.check_same(RECORD, arguments={"seed": 3})
    with pytest.raises(ValueError, match=named):
        run.check_same(RECORD, **changed)


def test_a_folder_has_one_process_at_a_time(tmp_path):
    with Run(tmp_path).claimed():
        with pytest.raises(ValueError, match="in use"), Run(tmp_path).claimed():
            pass
    with Run(tmp_path).claimed():
        pass
