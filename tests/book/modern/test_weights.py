"""The models since 2019 against transformers' own: logits, greedy text, and the files that are refused."""

import dataclasses
import json
import random

import pytest
import torch
from cases import cases
from reference import edit_config

from bertgpt import generate, load_tokenizer
from bertgpt_book.modern import Decoder, Encoder, load_modern

transformers = pytest.importorskip("transformers", minversion="5.0")  # ModernBERT's decoder is as young

ENCODERS = ("modernbert", "gemma3 both ways")
KINDS = ("modernbert", "modernbert-decoder", "llama", "qwen3", "gemma3", "gemma3 both ways")
every_kind = pytest.mark.parametrize("kind", KINDS)


def odd_model(kind: str, rng: random.Random, attention: str):
    """Draw a small model of transformers: odd sizes, every switch that its family has."""
    n_layers, d_head = rng.randint(1, 5), 2 * rng.randint(2, 9)
    n_kv_heads = rng.randint(1, 3)
    n_heads = n_kv_heads * rng.choice([1, 2, 3])
    common = dict(vocab_size=rng.choice([61, 97]), num_hidden_layers=n_layers, num_attention_heads=n_heads)
    common |= dict(intermediate_size=rng.choice([13, 37]), max_position_embeddings=64, attn_implementation=attention)
    common |= dict(pad_token_id=0, bos_token_id=1, eos_token_id=2)
    thetas = [{"rope_type": "default", "rope_theta": rng.choice([50.0, 500.0, 10_000.0, 1e6])} for _ in range(2)]
    apart = dict(zip(("full_attention", "sliding_attention"), thetas))
    if kind.startswith("modernbert"):
        biases = dict.fromkeys(("attention_bias", "mlp_bias", "norm_bias", "classifier_bias"), rng.random() < 0.4)
        common |= biases | dict(hidden_size=n_heads * d_head, local_attention=rng.choice([4, 6, 7, 10]))
        common |= dict(rope_parameters=apart, global_attn_every_n_layers=rng.randint(1, 3), cls_token_id=1)
        common |= dict(decoder_bias=rng.random() < 0.7, norm_eps=rng.choice([1e-5, 1e-3]), sep_token_id=2)
        common |= dict(tie_word_embeddings=rng.random() < 0.7)
        if kind == "modernbert":
            return transformers.ModernBertForMaskedLM(transformers.ModernBertConfig(**common))
        return transformers.ModernBertDecoderForCausalLM(transformers.ModernBertDecoderConfig(**common))
    common |= dict(num_key_value_heads=n_kv_heads, head_dim=d_head, hidden_size=n_heads * rng.randint(3, 9))
    common |= dict(rms_norm_eps=rng.choice([1e-6, 1e-3]), tie_word_embeddings=rng.random() < 0.5)
    if kind == "llama":
        return transformers.LlamaForCausalLM(transformers.LlamaConfig(**common, rope_parameters=thetas[0]))
    if kind == "qwen3":
        common |= dict(use_sliding_window=rng.random() < 0.5, sliding_window=rng.randint(2, 6))
        common |= dict(max_window_layers=rng.randint(0, n_layers), rope_parameters=thetas[0])
        return transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**common))
    common |= dict(sliding_window=rng.randint(2, 7), sliding_window_pattern=rng.randint(1, 3), rope_parameters=apart)
    common |= dict(query_pre_attn_scalar=rng.randint(3, 40), use_bidirectional_attention=kind == "gemma3 both ways")
    return transformers.Gemma3ForCausalLM(transformers.Gemma3TextConfig(**common))


@torch.no_grad()
def scramble(model, seed: int):
    """Move the weights far from fresh ones, so that attention is uneven and every norm and bias matters."""
    generator, about_zero = torch.Generator().manual_seed(seed), model.config.model_type == "gemma3_text"
    for name, parameter in model.named_parameters():
        noise = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() == 2:
            parameter.copy_(noise if "embed" in name else noise * 1.5 / parameter.size(1) ** 0.5)
        else:
            parameter.copy_(0.4 * noise + (0 if name.endswith("bias") or about_zero else 1))


def drawn(kind: str, seed: int, folder, attention: str = "sdpa"):
    """Draw one of their models, write it as they do and open it as we do: -> theirs, ours."""
    torch.manual_seed(seed)
    theirs = odd_model(kind, random.Random(f"{kind} {seed}"), attention).eval()
    scramble(theirs, seed)
    theirs.save_pretrained(folder)
    return theirs, load_modern(folder)


def padded(side: str, vocab_size: int, n_rows: int = 3, n_tokens: int = 19):
    """Draw ids and an attention mask with padding on no, the right or the left side: (B, T) each."""
    ids = torch.randint(3, vocab_size, (n_rows, n_tokens), generator=torch.Generator().manual_seed(7))
    mask = torch.ones_like(ids)
    for row, n_padding in enumerate([0, 5, 12] if side != "none" else []):
        mask[row, n_tokens - n_padding :] = 0
    mask = mask.flip(1) if side == "left" else mask
    return ids * mask, mask


@torch.inference_mode()
def error(theirs, ours, ids, mask) -> float:
    """Compute the largest difference of a logit at a real token, relative to the largest logit."""
    logits, expected = ours(ids, attention_mask=mask), theirs(ids, attention_mask=mask).logits
    assert logits.isfinite().all()  # padding's own rows may attend nowhere
    real = mask == 1
    return ((logits - expected)[real].abs().max() / expected[real].abs().max()).item()


@every_kind
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_our_logits_are_theirs(kind, attention, tmp_path):
    for seed in range(5):
        theirs, ours = drawn(kind, seed, tmp_path, attention)
        assert type(ours) is (Encoder if kind in ENCODERS else Decoder) and not ours.training
        for side in ("none", "right", "left"):
            assert error(theirs, ours, *padded(side, ours.config.vocab_size)) < 2e-5, (seed, side)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ENCODERS])
@pytest.mark.parametrize("use_cache", [True, False], ids=["cache", "no cache"])
def test_greedy_text_is_theirs(kind, use_cache, tmp_path):
    for seed in range(3):
        theirs, ours = drawn(kind, seed, tmp_path)
        ids, mask = padded("left", ours.config.vocab_size, n_tokens=14)
        expected = theirs.generate(ids, attention_mask=mask, max_new_tokens=20, do_sample=False, eos_token_id=None)
        assert torch.equal(generate(ours, ids, 20, temperature=0, attention_mask=mask, use_cache=use_cache), expected)


OLDER = {"modernbert": ("global_rope_theta", "local_rope_theta"), "gemma3": ("rope_theta", "rope_local_base_freq")}
OLDER |= {"modernbert-decoder": OLDER["modernbert"], "llama": ("rope_theta", None), "qwen3": ("rope_theta", None)}


@pytest.mark.parametrize("kind, apart", OLDER.items())
def test_the_layout_of_the_hubs_older_files_is_read(kind, apart, tmp_path):
    """Thetas apart, a number in place of layer_types, "rope_scaling": null."""
    for seed in range(5):
        _, new = drawn(kind, seed, tmp_path)
        settings = json.loads((tmp_path / "config.json").read_text())
        ropes = settings["rope_parameters"]
        layers = ("full_attention", "sliding_attention")
        thetas = {name: ropes.get(layer, ropes)["rope_theta"] for name, layer in zip(apart, layers) if name}
        types = settings.get("layer_types", [])
        every = types.index("full_attention", 1) if types.count("full_attention") > 1 else len(types) + 1
        if kind == "gemma3" and "full_attention" in types:
            every = 1 + types.index("full_attention")
        steps = dict(sliding_window_pattern=every, global_attn_every_n_layers=every)
        edit_config(tmp_path, layer_types=..., rope_parameters=..., rope_scaling=None, **thetas, **steps)
        old = load_modern(tmp_path)
        assert old.kinds == new.kinds
        spared = {"pattern": "G"} if "L" in new.kinds else {"pattern": "G", "window": 0}
        assert dataclasses.replace(old.config, **spared) == dataclasses.replace(new.config, **spared)


REFUSED = """kind='llama', model_type='mixtral' -> describes a 'mixtral' model, not one of modernbert;
    kind='llama', rope_parameters={'rope_type': 'llama3', 'factor': 8.0} -> rope scaling .*llama3;
    kind='llama', rope_parameters=..., rope_scaling={'type': 'linear', 'factor': 2.0} -> rope scaling .*linear;
    kind='llama', attention_bias=True -> attention_bias is T; kind='llama', hidden_size=... -> hidden_size is missing;
    kind='llama', hidden_act='relu2' -> activation must be one of; kind='qwen3', is_causal=False -> is_causal is False;
    kind='qwen3', layer_types=['chunked_attention'] -> layer_types holds 'chunked_attention';
    kind='qwen3', rope_parameters=... -> rope_theta is missing;
    kind='gemma3', attn_logit_softcapping=50.0 -> attn_logit_softcapping is 50.0;
    kind='gemma3', query_pre_attn_scalar=... -> query_pre_attn_scalar is missing;
    kind='modernbert', norm_bias=True, mlp_bias=False -> norm_bias.*differ;
    kind='modernbert', classifier_activation='silu' -> classifier_activation;
    kind='modernbert', local_attention=..., layer_types=['sliding_attention'] -> local_attention is missing"""


@pytest.mark.parametrize("changes, says", cases(REFUSED), ids=str)
def test_what_is_not_computed_is_refused_by_name(changes, says, tmp_path):
    drawn(changes["kind"], 0, tmp_path)
    edit_config(tmp_path, **changes)
    with pytest.raises(ValueError, match=says) as caught:
        load_modern(tmp_path)
    assert "config.json" in str(caught.value)


def test_llama_2_leaves_out_rope_theta(tmp_path):
    theirs, _ = drawn("llama", 2, tmp_path)
    edit_config(tmp_path, rope_parameters=...)
    ours, theirs = load_modern(tmp_path), type(theirs).from_pretrained(tmp_path)
    assert ours.config.theta == 10_000 and error(theirs, ours, *padded("none", ours.config.vocab_size)) < 2e-5


def test_half_precision_files_are_computed_in_float32(tmp_path):
    """Gemma's 1 + w would lose its digits in bfloat16."""
    theirs, _ = drawn("gemma3", 1, tmp_path)
    theirs.bfloat16().save_pretrained(tmp_path)
    ours, theirs = load_modern(tmp_path), type(theirs).from_pretrained(tmp_path, dtype=torch.float32)
    assert error(theirs, ours, *padded("none", ours.config.vocab_size)) < 1e-5


def test_a_folder_without_a_vocabulary_is_told(tmp_path):
    drawn("llama", 2, tmp_path)
    with pytest.raises(ValueError, match="has no tokenizer.json"):
        load_tokenizer(tmp_path)
