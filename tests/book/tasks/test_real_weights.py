"""What Real weights asks of published models, on small ones."""

import pytest
import torch

from bertgpt import load_bert, load_tokenizer
from bertgpt_book.modern import Decoder, ModernConfig
from bertgpt_book.tasks import real_weights
from bertgpt_book.tasks.parity import layer_errors

SIZES = dict(vocab_size=29, max_len=16, d_model=24, n_layers=3, n_heads=4, n_kv_heads=2, d_head=6, d_ff=20)


@pytest.mark.slow
@pytest.mark.parametrize("theta, tied", [(10_000.0, False), (100.0, True)])
def test_a_llama_is_theirs_with_our_tensors(theta, tied):
    torch.manual_seed(0)
    ours = Decoder(ModernConfig(**SIZES, theta=theta, norm_eps=1e-3, tie_embeddings=tied)).eval()
    for parameter in ours.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    theirs, ids = real_weights.their_llama(ours), torch.randint(29, (2, 9))
    assert max(layer_errors(ours, theirs, ids, torch.ones_like(ids))) < 1e-4
    torch.testing.assert_close(ours(ids), theirs(ids).logits, atol=1e-4, rtol=1e-4)
    shared = theirs.model.layers[1].mlp.up_proj.weight
    assert shared.data_ptr() == ours.blocks[1].feedforward.up_proj.weight.data_ptr()


def test_the_last_state_is_measured_where_tokens_are():
    model, other = load_bert("littlebert"), load_bert("littlebert")
    tokenizer = load_tokenizer()
    inputs = real_weights.two_rows(tokenizer)
    assert real_weights.last_state_off(other, model, *inputs) == 0
    final = other.blocks[-1].norm2
    final.weight.data, final.bias.data = 1.5 * final.weight.data, 1.5 * final.bias.data
    assert real_weights.last_state_off(other, model, *inputs) == pytest.approx(0.5, abs=1e-4)
