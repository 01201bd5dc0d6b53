"""The modern block: with the old switches it is BERT and GPT; the mask alone tells an encoder from a decoder."""

import pytest
import torch
from cases import cases
from pretend_device import DEVICE, pretend_device, to_device
from reference import LEFT, PADDED, draw_ids, shake, tiny_bert, tiny_gpt
from sizes import SIZES, K, S, V

from bertgpt.inference.probes import attention_inputs, attention_maps
from bertgpt_book.modern import Decoder, Encoder, ModernConfig
from bertgpt_book.modern.model import RMSNorm

OLD = dict(rotary=False, rms_norm=False, gated=False, bias=True)
TINY = {name: size for name, size in SIZES.items() if name != "dropout"}
NEW = TINY | dict(n_heads=6, n_kv_heads=2, d_head=K, qk_norm=True, pattern="GL", window=2, local_theta=100.0)
both = pytest.mark.parametrize("kind", [Encoder, Decoder])


@pytest.fixture
def model(kind):
    return shake(kind(ModernConfig(**NEW)))


def test_with_the_old_switches_it_is_gpt(ids):
    gpt = tiny_gpt()
    ours = Decoder(ModernConfig(**TINY, **OLD, activation="gelu_new")).eval()
    ours.load_state_dict(gpt.state_dict())  # name by name: nothing missing, nothing left over
    for mask in (None, PADDED, LEFT):
        torch.testing.assert_close(ours(ids, attention_mask=mask), gpt(ids, attention_mask=mask))


def test_with_the_old_switches_it_is_bert(ids):
    bert = tiny_bert()
    switches = dict(norm_at="after", norm_eps=1e-12, embedding_norm=True, head_transform=True, head_bias=True)
    ours = Encoder(ModernConfig(**TINY, **OLD, **switches, activation="gelu")).eval()
    state = {name.replace("mlm_head", "lm_head"): tensor.clone() for name, tensor in bert.state_dict().items()}
    state = {name: tensor for name, tensor in state.items() if not name.startswith(("pooler", "nsp_head"))}
    state["embeddings.position.weight"] += state.pop("embeddings.segment.weight")[0]  # one text: segment 0
    ours.load_state_dict(state)
    for mask in (torch.ones_like(ids), PADDED):
        expected, _ = bert(ids, attention_mask=mask)
        torch.testing.assert_close(ours(ids, attention_mask=mask)[mask == 1], expected[mask == 1])


def test_encoder_and_decoder_differ_in_mask_and_framing_alone():
    for kind in (Encoder, Decoder):
        assert [name for name in vars(kind) if not name.startswith("__")] == ["framing", "build_mask"]


@pytest.mark.parametrize("t", range(S))
def test_a_later_token_moves_no_earlier_output_of_a_decoder(t, ids):
    changed = ids.clone()
    changed[:, t] = ids[:, t] % (V - 1) + 1
    decoder, encoder = (shake(kind(ModernConfig(**NEW))) for kind in (Decoder, Encoder))
    before, after = decoder(ids), decoder(changed)  # (B, S, V)
    torch.testing.assert_close(after[:, :t], before[:, :t], rtol=0, atol=0)
    assert (after[:, t:] != before[:, t:]).any()
    assert (encoder(changed) != encoder(ids)).any(-1).all()  # through the global layer


@both
def test_the_weights_can_be_seen(model, ids):
    inputs = attention_inputs(model, ids, attention_mask=PADDED)
    maps = attention_maps(model, ids, attention_mask=PADDED)  # (L, B, H, S, S)
    for block, given, weights in zip(model.blocks, inputs, maps):
        torch.testing.assert_close(block.attention.forward_with_weights(*given)[0], block.attention(*given))
        torch.testing.assert_close(weights.sum(-1), torch.ones_like(weights[..., 0]))
        assert (weights[~given[1].expand_as(weights)] == 0).all()


def test_a_number_whose_square_is_beyond_float16_is_normed_all_the_same():
    norm = RMSNorm(4, 1e-5)
    large = torch.tensor([20_000.0, 1.0, -300.0, 0.0])
    torch.testing.assert_close(norm.half()(large.half()).float(), norm.float()(large), atol=1e-3, rtol=1e-3)


@both
def test_a_modern_model_follows_its_device(model, ids):
    expected = model(ids, attention_mask=LEFT)
    with pretend_device():
        found = to_device(model)(ids.to(DEVICE), attention_mask=LEFT.to(DEVICE))
    torch.testing.assert_close(found.cpu(), expected)


def test_learned_positions_end_and_turned_ones_do_not(ids):
    learned, turned = (Decoder(ModernConfig(**TINY | {"rotary": rotary})) for rotary in (False, True))
    longer = draw_ids(1, S + 1)
    assert turned(longer).shape == (1, S + 1, V)
    with pytest.raises(ValueError, match=f"max_len = {S}"):
        learned(longer)


WRONG = """n_kv_heads=2 -> n_heads 3 cannot share n_kv_heads 2; n_heads=5 -> d_model 12 cannot be split;
    pattern='GX' -> pattern is made of; pattern='' -> pattern is made of; norm_at='first' -> norm_at must be one of;
    window=-1 -> window must be at least 0; d_model=15 -> d_head 5 is odd; theta=0.0 -> theta must be above 0"""


@pytest.mark.parametrize("changes, says", cases(WRONG), ids=str)
def test_a_config_that_contradicts_itself_is_refused(changes, says):
    with pytest.raises(ValueError, match=says):
        ModernConfig(**TINY | changes)
