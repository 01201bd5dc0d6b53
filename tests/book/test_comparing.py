"""Sources and runs: what differs in code, and how often a model ran."""

import pytest
from reference import draw_ids
from sizes import T

from bertgpt.model import bert as bert_file
from bertgpt.model import gpt as gpt_file
from bertgpt_book.comparing import compare_sources, count_runs


def test_runs_are_counted_inside_the_block_only(gpt):
    ids = draw_ids(T)[None]
    with count_runs(gpt) as runs:
        gpt(ids)
        gpt.encode(ids)
    gpt(ids)
    assert len(runs) == 2
    with pytest.raises(RuntimeError), count_runs(gpt):
        raise RuntimeError
    assert not gpt.blocks[0]._forward_hooks  # gone, whatever happened inside


def test_the_files_of_the_two_models_differ_where_they_should():
    lines = compare_sources(bert_file, gpt_file)
    start, end = (next(i for i, line in enumerate(lines) if f"def {name}" in line) for name in ("build_mask", "encode"))
    own = [line for line in lines[start:end] if line[:2] != "  "]
    assert [line[:2] for line in own] == ["- ", "+ "]
    assert own[0].replace("- ", "+ ").replace("bidirectional_mask", "causal_mask") == own[1]
    assert not any('"""' in line or " # " in line or not line[2:].strip() for line in lines)
    # put together again they are the two files, less what is left out
    whole = compare_sources(bert_file, bert_file)
    assert [line[2:] for line in lines if line[0] != "+"] == [line[2:] for line in whole]
    assert {line[:2] for line in compare_sources(gpt_file, gpt_file)} == {"  "}
