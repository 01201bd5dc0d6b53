"""An adapter: by hand, beside or merged, off, saved, and refused by other weights."""

import pytest
import torch
from pretend_device import pretend_device, to_device
from reference import draw_ids, tiny_bert, tiny_gpt
from sizes import B, T
from torch import nn

from bertgpt import save_pretrained
from bertgpt_book.modern.adapters import Adapter, LowRank, load_adapter

RANK, ALPHA, TOKEN = 3, 5.0, 4


def practised(model, **changes) -> Adapter:
    """Put an adapter beside a model, with numbers as after some training: B is no longer zero."""
    adapter = Adapter(model, **{"rank": RANK, "alpha": ALPHA, "token_id": TOKEN} | changes)
    with torch.no_grad():
        for parameter in adapter.parameters():
            parameter.add_(torch.randn(parameter.shape), alpha=0.2)
    return adapter


@pytest.fixture
def ids():
    ids = draw_ids(B, T)
    ids[0, 2] = TOKEN
    return ids


def test_one_layer_by_hand():
    linear = nn.Linear(3, 2, bias=False)
    linear.weight.data = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
    low = LowRank(linear, rank=1, alpha=2.0)
    low.A.data, low.B.data = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([[3.0], [-1.0]])
    x = torch.tensor([1.0, 1.0, 1.0])  # W x = (3, 1); A x = 3, B A x = (9, -3), twice that is added
    assert low.add(linear, (x,), linear(x)).tolist() == [21.0, -5.0]


def test_a_new_adapter_changes_nothing_and_no_gradient_reaches_the_model(gpt, ids):
    before = gpt(ids)
    adapter = Adapter(gpt, RANK, token_id=TOKEN)
    assert torch.equal(adapter(ids), before)
    adapter(ids).square().sum().backward()
    assert all(parameter.grad is None for parameter in gpt.parameters())
    names = {name for name, parameter in adapter.named_parameters() if parameter.grad is not None}
    assert names == {name for name, _ in adapter.named_parameters()} and "token.vector" in names
    assert all(low.B.grad.any() for low in adapter.low_rank) and adapter.token.vector.grad.any()


@pytest.mark.parametrize("make", [tiny_gpt, tiny_bert])
def test_the_arithmetic_is_that_of_weights_with_the_product_added(make, ids):
    # PEFT's: the weight W + (alpha / r) B A.
    model, reference = make(), make()
    adapter = practised(model, names=("q_proj", "blocks.1.feedforward.up_proj"))
    assert [*adapter.layers] == [f"blocks.{n}.attention.q_proj" for n in (0, 1)] + ["blocks.1.feedforward.up_proj"]
    with torch.no_grad():
        for name, (_, low) in adapter.layers.items():
            reference.get_submodule(name).weight += ALPHA / RANK * torch.einsum("or,ri->oi", low.B, low.A)
    vectors = reference.embeddings.token(ids)  # (B, T, D)
    vectors[ids == TOKEN] = adapter.token.vector.detach()
    reference.embeddings.token.register_forward_hook(lambda *_: vectors)
    torch.testing.assert_close(adapter.model.encode(ids), reference.encode(ids))
    assert not torch.allclose(adapter.model.encode(ids), make().encode(ids), atol=1e-3)


def test_off_is_the_model_bit_for_bit_and_on_again_the_adapter(gpt, ids):
    before, adapter = gpt(ids), practised(gpt)
    on = gpt(ids)
    with adapter.off() as model:
        assert torch.equal(model(ids), before)
    assert torch.equal(gpt(ids), on) and not torch.equal(on, before)
    adapter.detach()
    with adapter.off():
        pass
    assert torch.equal(gpt(ids), before)  # what was off stays off


def test_another_adapter_takes_the_place_of_the_first(gpt, ids, tmp_path):
    before, first = gpt(ids), practised(gpt)
    first.save(tmp_path / "a.safetensors")
    on = gpt(ids)
    for _ in range(2):
        again = load_adapter(gpt, tmp_path / "a.safetensors")
        torch.testing.assert_close(gpt(ids), on)
    with first.off():  # it is off already
        assert torch.equal(gpt(ids), again(ids))
    assert torch.equal(Adapter(gpt, RANK, token_id=TOKEN)(ids), before)  # as a chapter's cell, run again
    first.attach()
    assert torch.equal(gpt(ids), on)


def test_a_model_with_an_adapter_on_is_saved_when_it_is_merged_or_off(gpt, tmp_path):
    adapter = practised(gpt)
    with pytest.raises(ValueError, match=r"an adapter is on this model.*: adapter.merge\(\).*adapter.detach\(\)"):
        save_pretrained(gpt, tmp_path / "m")
    assert not (tmp_path / "m").exists()
    with adapter.off():
        save_pretrained(gpt, tmp_path / "off")
    save_pretrained(adapter.merge(), tmp_path / "merged")


def test_a_new_adapters_products_are_as_wide_as_its_inputs():
    low = LowRank(nn.Linear(625, 3), rank=64, alpha=1.0)  # or it would learn at another pace in each layer
    inputs = torch.randn(200, 625)
    torch.testing.assert_close((inputs @ low.A.T).std(), torch.tensor(1.0), atol=0.05, rtol=0)


def test_merged_it_computes_what_it_computed_beside(gpt, ids):
    adapter = practised(gpt)
    beside, merged = adapter(ids), adapter.merge()(ids)
    others = torch.arange(beside.size(-1)) != TOKEN  # its new vector now scores it, too
    torch.testing.assert_close(merged[..., others], beside[..., others])
    assert not torch.allclose(merged[..., TOKEN], beside[..., TOKEN])


def test_a_tied_projection_cannot_be_merged(gpt, ids):
    adapter = practised(gpt, names=["decoder"])
    on = gpt(ids)
    with pytest.raises(ValueError, match="tied to the embeddings cannot be merged"):
        adapter.merge()
    assert torch.equal(gpt(ids), on)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_saved_and_loaded_it_is_the_same(gpt, ids, tmp_path, dtype):
    practised(gpt).save(tmp_path / "a.safetensors", dtype)
    on, loaded = gpt(ids), load_adapter(tiny_gpt(), tmp_path / "a.safetensors")
    tolerance = {} if dtype == torch.float32 else {"rtol": 1e-2, "atol": 1e-2}
    torch.testing.assert_close(loaded(ids), on, **tolerance)
    assert (loaded.alpha, loaded.token.token_id, loaded.token.vector.dtype) == (ALPHA, TOKEN, torch.float32)


def test_other_weights_refuse_it(gpt, tmp_path):
    path = tmp_path / "a.safetensors"
    practised(gpt).save(path)
    other = tiny_gpt()
    with torch.no_grad():
        other.blocks[1].norm2.bias[3] += 1e-6
    with pytest.raises(ValueError, match=r"a\.safetensors belongs to other weights than this model's"):
        load_adapter(other, path)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match=r"a\.safetensors cannot be read as an adapter"):
        load_adapter(tiny_gpt(), path)


def test_a_name_that_no_layer_has_is_refused(gpt):
    with pytest.raises(ValueError, match="no linear layer named query$"):
        Adapter(gpt, names=["q_proj", "query"])
    with pytest.raises(ValueError, match="no linear layer"):
        Adapter(gpt, names=[])


def test_it_follows_its_model_to_another_device(ids, tmp_path):
    here = practised(tiny_gpt())
    here.save(tmp_path / "a.safetensors")
    with pretend_device() as device:
        there = load_adapter(to_device(tiny_gpt()), tmp_path / "a.safetensors")
        found = there(ids.to(device))
        assert found.device == device
        torch.testing.assert_close(found.cpu(), here(ids))
        torch.testing.assert_close(there.merge()(ids.to(device)).cpu(), here.merge()(ids))


def test_an_infinite_number_is_not_saved(gpt, tmp_path):
    adapter = practised(gpt)
    adapter.token.vector.data[0] = 1e5
    with pytest.raises(ValueError, match="not finite in torch.float16"):
        adapter.save(tmp_path / "a.safetensors", torch.float16)
