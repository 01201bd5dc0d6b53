"""The cost calculator's formulas beside measured models, and the page's beside Python's."""

import itertools
from dataclasses import replace

import pytest
import torch
from reference import tiny_bert, tiny_gpt
from sizes import B, D, F, K, S, T, V
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from bertgpt.model.attention import KVCache
from bertgpt_book.modern import Decoder, Encoder, ModernConfig
from bertgpt_book.widgets import CostCalculator
from bertgpt_book.widgets.cost_calculator import PRICED_MODELS, amount, costs, duration, sizes_of

MAKERS = {"BERT": tiny_bert, "GPT": tiny_gpt}
SETTING = dict(context=T, rows=B, tokens=1000, devices=2, speed=10**9, sharded=False, bfloat16=True)


def operations(call) -> int:
    """Count what the matrix products of a call do; the fused attention on a CPU is not on torch's list."""
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        call()
    return counter.get_total_flops()


def test_the_named_models_have_the_sizes_that_are_published():
    """Those of Hugging Face's checkpoints: gpt2-xl, and bert-base-uncased with the heads of its training."""
    assert sizes_of(PRICED_MODELS["GPT-2 XL"])["parameters"] == 1_557_611_200
    assert sizes_of(PRICED_MODELS["BERT-base"])["parameters"] == 110_106_428


@pytest.mark.parametrize("kind", MAKERS)
def test_operations_are_those_that_torch_counts(kind, ids):
    model = MAKERS[kind]().eval()
    sizes, n_rows, n_tokens = sizes_of(model.config), *ids.shape
    found = costs(sizes, **SETTING | {"context": n_tokens})
    read = found["read"]
    assert operations(lambda: model.encode(ids)) == n_rows * read
    head, before = (model.lm_head, read // n_tokens) if kind == "GPT" else (model.mlm_head, read)
    hidden = model.encode(ids)
    assert operations(lambda: head(hidden)) == n_rows * n_tokens * (found["write"] - before)


def test_a_written_token_costs_gpt_one_token_and_bert_a_pass(ids):
    gpt, bert = tiny_gpt().eval(), tiny_bert().eval()
    cache = [KVCache() for _ in gpt.blocks]
    gpt.encode(ids[:1, :-1], cache=cache)
    written = operations(lambda: gpt(ids[:1, -1:], cache=cache))
    assert written == costs(sizes_of(gpt.config), **SETTING | {"context": S})["write"]
    last = torch.arange(S)[None] == S - 1
    written = operations(lambda: bert.mlm_head(bert.encode(ids[:1]), last))
    assert written == costs(sizes_of(bert.config), **SETTING | {"context": S})["write"]
    kept = sum(part.numel() * 2 for layer in cache for part in layer.past)
    assert kept == costs(sizes_of(gpt.config), **SETTING | {"context": S})["cache"]
    assert costs(sizes_of(bert.config), **SETTING)["cache"] is None


SINCE = ModernConfig(vocab_size=V, max_len=S, d_model=D, n_layers=3, n_heads=6, n_kv_heads=2, d_head=K, d_ff=F)


def test_shared_keys_and_a_gate_cost_what_torch_counts(ids):
    decoder = Decoder(SINCE).eval()
    found = costs(sizes_of(SINCE), **SETTING | {"context": S})
    assert operations(lambda: decoder.encode(ids)) == B * found["read"]
    cache = [KVCache() for _ in decoder.blocks]
    decoder.encode(ids[:1], cache=cache)
    assert found["cache"] == sum(part.numel() * 2 for layer in cache for part in layer.past)


def test_a_local_layer_is_charged_for_the_tokens_that_it_sees():
    near = replace(SINCE, pattern="GLL", window=2)
    for kind, seen in ((Encoder, 5), (Decoder, 3)):
        whole, local = (costs(sizes_of(config, kind), **SETTING | {"context": 100}) for config in (SINCE, near))
        spared = 2 * (100 - seen) * 4 * 6 * K  # two layers, a score and a weighted value for each of H K numbers
        assert whole["read"] - local["read"] == 100 * spared
    assert local["cache"] * 3 * 100 == whole["cache"] * (100 + 2 * 3)


def test_state_and_texts_are_shared_out_and_one_text_is_not():
    sizes = sizes_of(PRICED_MODELS["GPT-2 XL"])
    one_text = costs(sizes, **SETTING | {"rows": 1, "devices": 1})["activations"]
    for rows, devices, on_each in ((1, 2, 1), (1, 64, 1), (6, 4, 2), (8, 4, 2)):
        found = costs(sizes, **SETTING | {"rows": rows, "devices": devices})
        assert found["device"] == found["state"] + on_each * one_text
    whole, shared = (costs(sizes, **SETTING | {"rows": 4, "sharded": sharded}) for sharded in (False, True))
    assert whole["device"] == whole["state"] + whole["activations"] / 2
    assert shared["device"] == (whole["state"] + whole["activations"]) / 2
    alone = costs(sizes, **SETTING | {"devices": 1})
    assert alone["seconds"] == 2 * whole["seconds"] == alone["training"] / 1e9


def test_the_page_computes_and_writes_as_python_does(in_node):
    widget = CostCalculator()
    expected, states = [], []
    for model, stop in itertools.product(range(len(widget.models)), range(5)):
        shared = {"sharded": stop == 3, "bfloat16": stop > 1}
        stops = {"context": 5 + stop, "rows": stop, "devices": stop, "tokens": 12 + stop, "speed": 18 + stop}
        states.append({"model": model, **shared, **stops})
        chosen = {name: 2 ** stops[name] for name in ("context", "rows", "devices")} | shared
        chosen |= {name: [1, 3][stops[name] % 2] * 10 ** (stops[name] // 2) for name in ("tokens", "speed")}
        found = costs(widget.models[model][1], **chosen)
        expected.append(
            [found, amount(found["training"], "FLOP"), amount(found["device"], "B"), duration(found["seconds"])]
        )
    page = in_node(
        "cost_calculator.js",
        """const { costs, amount, duration, setting } = page;
        return given.states.map((state) => {
          const found = costs(given.models[state.model][1], setting((name) => state[name]));
          return [found, amount(found.training, "FLOP"), amount(found.device, "B"), duration(found.seconds)];
        });""",
        {"models": widget.models, "states": states},
    )
    for (found, *written), (ours, *words) in zip(page, expected, strict=True):
        assert written == words
        assert found.pop("cache") == ours.pop("cache")
        assert found == pytest.approx(ours, rel=1e-12)
