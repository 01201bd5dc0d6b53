"""The ruler of Real weights: rounding stays below its line, and each fault steps over it where it sits."""

import pytest
import torch
from reference import hf_bert, hf_gpt, our_bert, our_gpt
from sizes import V

from bertgpt_book import faults
from bertgpt_book.tasks import parity

FIRST = {"norm order": 1, "half the heads": 1, "one matrix transposed": 2, "positions from 1": 0}
FIRST |= {"segments swapped": 0, "Conv1D never transposed": 1}


@pytest.fixture(params=["BERT", "GPT"])
def pair(request):
    """Ours, theirs, and what both read: two texts, the second padded, for BERT in two segments."""
    theirs = hf_bert(num_hidden_layers=3) if request.param == "BERT" else hf_gpt(n_layer=3, n_head=2, n_embd=12)
    ids = torch.arange(1, 11).view(2, 5) % V
    mask = torch.tensor([[1] * 5, [1] * 3 + [0] * 2])
    segments = [torch.tensor([[0, 0, 1, 1, 1]] * 2)] if request.param == "BERT" else []
    return (our_bert if segments else our_gpt)(theirs).eval(), theirs, ids, mask, *segments


def test_equal_models_differ_by_rounding_only(pair):
    errors = parity.layer_errors(*pair)
    assert len(errors) == 4 and max(errors) < 1e-5 < parity.LINE
    assert parity.first_above(errors) is None
    assert not pair[0].blocks[0]._forward_pre_hooks


def test_a_fault_shows_first_where_it_sits(pair):
    before = {name: tensor.clone() for name, tensor in pair[0].state_dict().items()}
    found = {
        name: parity.first_above(parity.layer_errors(model, *pair[1:]))
        for name, model in faults.break_copies(pair[0]).items()
    }
    assert found.pop("nothing") is None
    assert {name: found[name] for name in FIRST if name in found} == {n: FIRST[n] for n in FIRST if n in found}
    assert len(FIRST.keys() & found.keys()) == 5
    assert all(tensor.equal(before[name]) for name, tensor in pair[0].state_dict().items())
