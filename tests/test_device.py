"""On any device: every public function that takes a model follows it, and gives the CPU's numbers.

The device is a pretend one (pretend_device.py), so that a computer without an accelerator finds what would fail on one.
"""

import copy

import pytest
import torch
from pretend_device import DEVICE, pretend_device, to_device

from bertgpt.device import device_of, evaluation_mode, get_device


def test_the_pretend_device_refuses_what_an_accelerator_refuses():
    with pretend_device() as device:
        there, here = torch.ones(3, device=device), torch.ones(3)
        assert there.device == DEVICE and (there + 1).device == DEVICE and (there + there).tolist() == [2, 2, 2]
        with pytest.raises(RuntimeError, match="same device"):
            there + here
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        with pytest.raises(RuntimeError, match="generator"):
            torch.multinomial(there, 1, generator=torch.Generator())
        with pytest.raises(RuntimeError, match="generator"):
            torch.rand(3, device=device, generator=torch.Generator())
        assert (there.cpu() + here).device.type == "cpu"
        assert torch.tensor([1, 2], device=device).device == torch.as_tensor([1, 2], device=device).device == DEVICE


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_a_model_gives_the_same_numbers_there(kind, ids, request):
    model = request.getfixturevalue(kind).eval()
    expected = model.encode(ids)
    with pretend_device() as device:
        moved = to_device(copy.deepcopy(model))
        assert device_of(moved) == DEVICE
        found = moved.encode(ids.to(device))
        assert found.device == DEVICE
        torch.testing.assert_close(found.cpu(), expected)


def test_a_device_that_is_not_there_is_refused_by_name():
    assert get_device("cpu") == device_of(torch.nn.Linear(2, 3)) == torch.device("cpu")
    assert get_device("auto").type in ("cuda", "mps", "cpu")
    for name in ("tpu", "cuda:x", "cuda:999", ""):
        with pytest.raises(ValueError, match="device|computer"):
            get_device(name)


def test_evaluation_mode_ends_as_it_began():
    model = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Dropout()))
    model[1].eval()                              # a frozen part in a model that trains
    modes = [module.training for module in model.modules()]
    with pytest.raises(KeyError), evaluation_mode(model):
        assert not any(module.training for module in model.modules())
        raise KeyError                           # an error inside changes nothing
    assert [module.training for module in model.modules()] == modes and any(modes)
