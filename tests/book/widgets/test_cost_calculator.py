"""The cost calculator without a browser: its formulas beside measured models, the page's arithmetic beside Python's."""

import itertools
import json

import pytest
import torch
import traitlets
from harmless import HOSTILE, assert_harmless
from reference import tiny_bert, tiny_gpt
from sizes import B, S, T
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from bertgpt import GPT, BERTForPreTraining, TransformerConfig
from bertgpt.book.widgets import CostCalculator
from bertgpt.book.widgets.cost_calculator import (
    PRICED_MODELS,
    amount,
    costs,
    duration,
    half_decade,
    head_operations,
    parameters,
    sizes_of,
    stack_operations,
)
from bertgpt.model.attention import KVCache

MAKERS = {"BERT": tiny_bert, "GPT": tiny_gpt}
SETTING = dict(context=T, rows=B, tokens=1000, devices=2, speed=10 ** 9, sharded=False)


def count(model) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def operations(call) -> int:
    """Count what the matrix products of a call do; the fused attention on a CPU is not on torch's list."""
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        call()
    return counter.get_total_flops()


@pytest.mark.parametrize("kind", MAKERS)
def test_parameters_are_those_of_the_model(kind):
    model = MAKERS[kind]()
    assert parameters(sizes_of(model.config)) == count(model)


def test_the_named_models_have_the_sizes_that_are_published():
    """Those of Hugging Face's checkpoints: gpt2-xl, and bert-base-uncased with the heads of its training."""
    assert parameters(sizes_of(PRICED_MODELS["GPT-2 XL"])) == 1_557_611_200
    assert parameters(sizes_of(PRICED_MODELS["BERT-base"])) == 110_106_428
    with torch.device("meta"):                   # sizes without numbers
        assert count(GPT(TransformerConfig.gpt(n_layers=2))) == parameters(sizes_of(TransformerConfig.gpt(n_layers=2)))
        assert count(BERTForPreTraining(PRICED_MODELS["BERT-base"])) == 110_106_428


@pytest.mark.parametrize("kind", MAKERS)
def test_operations_are_those_that_torch_counts(kind, ids):
    model = MAKERS[kind]().eval()
    sizes, n_rows, n_tokens = sizes_of(model.config), *ids.shape
    read = costs(sizes, **SETTING | {"context": n_tokens})["read"]
    assert operations(lambda: model.encode(ids)) == n_rows * read
    head = model.lm_head if kind == "GPT" else model.mlm_head
    hidden = model.encode(ids)
    assert operations(lambda: head(hidden)) == n_rows * n_tokens * head_operations(sizes)


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


def test_state_and_activations_are_shared_out():
    sizes = sizes_of(PRICED_MODELS["GPT-2 XL"])
    whole, shared = (costs(sizes, **SETTING | {"sharded": sharded}) for sharded in (False, True))
    assert whole["device"] == whole["state"] + whole["activations"] / 2
    assert shared["device"] == (whole["state"] + whole["activations"]) / 2
    alone = costs(sizes, **SETTING | {"devices": 1})
    assert alone["seconds"] == 2 * whole["seconds"] == alone["training"] / 1e9
    assert stack_operations(sizes, 1) < stack_operations(sizes, 2)


@pytest.mark.parametrize("x, written", [(999.4, "999 B"), (999.5, "1000 B"), (1000, "1 kB"), (1.125e6, "1.13 MB"),
                                        (9.999e12, "10 TB"), (2e27, "2000 YB")])
def test_amounts(x, written):
    assert amount(x, "B") == written


def test_durations_and_stops():
    assert [duration(x) for x in (0, 59.96, 90, 86400, 4e16)] == ["under 1 s", "60 s", "1.5 min", "1 days",
                                                                  "1.27 billion years"]
    assert [half_decade(n) for n in range(5)] == [1, 3, 10, 30, 100]


def test_the_page_reckons_and_writes_as_python_does(in_node):
    widget = CostCalculator()
    expected, states = [], []
    for model, stop in itertools.product(range(len(PRICED_MODELS)), (0, 3, 8)):
        widget.model, widget.context, widget.rows, widget.devices = model, 5 + stop, stop, stop
        widget.tokens, widget.speed, widget.sharded = 13 + stop, 18 + stop, stop == 3
        found = widget.shown()
        expected.append([found, amount(found["training"], "FLOP"), amount(found["device"], "B"),
                         duration(found["seconds"])])
        states.append({name: getattr(widget, name)
                       for name in ("model", "context", "rows", "tokens", "devices", "speed", "sharded")})
    page = in_node(
        "cost_calculator.js",
        'import { costs, amount, duration, setting } from "./widget.mjs";'
        f"const models = {json.dumps(widget.models)};"
        f"console.log(JSON.stringify({json.dumps(states)}.map((state) => {{"
        "const found = costs(models[state.model][1], setting((name) => state[name]));"
        'return [found, amount(found.training, "FLOP"), amount(found.device, "B"), duration(found.seconds)];'
        "})));")
    for (found, *written), (mine, *words) in zip(page, expected, strict=True):
        assert written == words
        assert found.pop("cache") == mine.pop("cache")
        assert found == pytest.approx(mine, rel=1e-12)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="needs a model"):
        CostCalculator({})
    with pytest.raises(traitlets.TraitError):
        CostCalculator(devices=14)
    assert repr(CostCalculator()) == "CostCalculator(models=5)"


def test_the_html_is_stable_and_asks_nobody_for_anything():
    assert_harmless(lambda: CostCalculator({HOSTILE: PRICED_MODELS["GPT-2 XL"]}))
