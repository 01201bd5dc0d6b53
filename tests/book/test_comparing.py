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


def test_the_sources_of_the_two_models_are_compared_without_their_words():
    lines = compare_sources(bert_file, gpt_file)
    for mark, mask in (("- ", "bidirectional_mask"), ("+ ", "causal_mask")):
        assert any(line.startswith(mark) and mask in line for line in lines)
    assert not any('"""' in line or " # " in line or not line[2:].strip() for line in lines)
    same = compare_sources(bert_file, bert_file)
    assert {line[:2] for line in same} == {"  "}
    assert [line[2:] for line in lines if line[0] != "+"] == [line[2:] for line in same]  # nothing is lost
