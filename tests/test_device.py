"""On any device: every public function that takes a model follows it, and gives the CPU's numbers.

The device is a pretend one (pretend_device.py), so that a computer without an accelerator finds what would fail on one.
"""

import copy
import inspect
import os
import platform
import subprocess
import sys

import pytest
import safetensors
import torch
from pretend_device import DEVICE, pretend_device, run, to_device
from reference import draw_ids, tiny_bert, tiny_both, tiny_gpt
from runs import Stopped, stop_at, without_seconds
from together import Rows
from torch.utils._pytree import tree_flatten

import leak_meter
from bertgpt import Tokenizer, beam_search, fill_mask, generate, unmask
from bertgpt.device import device_of, evaluation_mode, get_device, supports_bfloat16
from bertgpt.inference import decoding, filling, probes, scoring
from bertgpt.training.loop import TrainingSettings, train
from bertgpt.training.objectives import lm_objective, masked_lm_objective


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_a_forward_pass_never_waits_to_read_a_number(kind, ids, request, monkeypatch):
    ran = []
    monkeypatch.setattr("pretend_device.run", lambda func, *args: ran.append(func) or run(func, *args))
    with pretend_device() as device:
        moved = to_device(request.getfixturevalue(kind))
        assert device_of(moved) == DEVICE
        moved(ids.to(device), attention_mask=torch.ones_like(ids).to(device))
        assert len(ran) > 50 and torch.ops.aten._local_scalar_dense.default not in ran
        ids.to(device).max().item()
        assert torch.ops.aten._local_scalar_dense.default in ran  # or the test could not fail


IDS, LEFT = draw_ids(2, 5), torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]])
BLANKS = torch.tensor([[5, 3, 3, 7, 3, 6, 3]])  # (1, S), where 3 is [MASK]
ROLLED = BLANKS.roll(1)
PROMPTS, ANSWERS = [[5, 6], [7], [5, 6], [8, 9, 1]], [[7], [8, 9], [1, 5], [6]]
LETTERS = Tokenizer.train_char(["ab c"])
MODELS = {"bert": tiny_bert(dropout=0.5), "gpt": tiny_gpt(dropout=0.5), "both": tiny_both(dropout=0.5)}
EVERY, FILLERS, WRITERS = list(MODELS), ["bert", "both"], ["gpt", "both"]


def near(model, tensor):
    return tensor.to(device_of(model))


# Each public function that takes a model: the models that it is for, and a call that gives tensors or numbers.
CALLS = {
    "generate": (WRITERS, lambda model: [written(model, temperature=0), written(model, top_k=9)]),
    "beam_search": (WRITERS, lambda model: beam_search(model, near(model, IDS[:1]), 2, n_beams=3)),
    "fill_mask": (FILLERS, lambda m: [[p for _, p in guess] for guess in fill_mask(m, LETTERS, "b[MASK] a[MASK]")]),
    "blank_logits": (FILLERS, lambda m: filling.blank_logits(m, near(m, ROLLED), near(m, ROLLED == 5))),
    "unmask": (FILLERS, lambda model: unmask(model, near(model, BLANKS), 3, 2)),
    "blank_surprisal": (FILLERS, lambda model: scoring.blank_surprisal(model, BLANKS, BLANKS == 3, 3)),
    "token_surprisal": (WRITERS, lambda model: scoring.token_surprisal(model, draw_ids(20), batch_size=2)),
    "log_likelihoods": (WRITERS, lambda model: scoring.log_likelihoods(model, PROMPTS, ANSWERS, batch_size=2)),
    "leakage": (EVERY, lambda model: probes.leakage(model, near(model, IDS[0]), 0)),
    "outputs": (EVERY, lambda model: probes.outputs(model, near(model, IDS))),
    "first_leak": (EVERY, lambda model: len(probes.first_leak(model, near(model, IDS[0]), 0) or "")),
    "audit": (EVERY, lambda model: changes(leak_meter.audit(model, skip=["left", "right", "dropout"]))),
    "masked_by": (EVERY, lambda model: masked(model, near(model, torch.eye(5, dtype=torch.bool)))),
    "attention_inputs": (EVERY, lambda model: probes.attention_inputs(model, near(model, IDS))),
    "attention_maps": (EVERY, lambda model: probes.attention_maps(model, near(model, IDS))),
    "parameter_counts": (EVERY, probes.parameter_counts),
}
ON_THE_DEVICE = """generate blank_logits unmask leakage outputs masked_by attention_inputs
    attention_maps""".split()
SLOW = ("audit", "first_leak")
AS_IT_IS = ("blank_logits", "outputs", "masked_by")  # which run the model in the mode that it has


def written(model, **settings):
    generator = torch.Generator().manual_seed(3)
    mask = near(model, LEFT)
    return generate(model, near(model, IDS), 2, attention_mask=mask, eos_id=6, generator=generator, **settings)


def changes(ways):
    return [way.change.float() for way in sorted(ways, key=lambda way: way.setting)]


def masked(model, mask):
    with probes.masked_by(model, mask):
        return model.encode(near(model, IDS))


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in CALLS])
@torch.no_grad()
def test_a_model_gives_the_cpus_numbers_there_and_without_its_dropout(name):
    kinds, call = CALLS[name]
    for kind in kinds:
        expected = call(copy.deepcopy(MODELS[kind]))
        with pretend_device():
            moved = to_device(copy.deepcopy(MODELS[kind])).train(name not in AS_IT_IS)
            found, shape = tree_flatten(call(moved))
            assert all(module.training is (name not in AS_IT_IS) for module in moved.modules())
            tensors = [value for value in found if isinstance(value, torch.Tensor)]
            assert all((tensor.device == DEVICE) == (name in ON_THE_DEVICE) for tensor in tensors) or (
                name == "beam_search" and [tensor.device.type for tensor in tensors] == [DEVICE.type, "cpu"]
            )
            here = [value.cpu() if isinstance(value, torch.Tensor) else value for value in found]
            torch.testing.assert_close(here, tree_flatten(expected)[0])


def test_no_public_function_that_takes_a_model_is_left_out():
    public = set()
    for module in (decoding, filling, scoring, probes):
        own = inspect.getmembers(module, lambda f: inspect.isfunction(f) and f.__module__ == module.__name__)  # noqa: B023
        public |= {name for name, function in own if "model" in inspect.signature(function).parameters}
    public.add("audit")  # of the leak meter, whose other functions are its parts
    assert {name for name in public if not name.startswith("check_")} == set(CALLS)


def test_without_a_generator_the_device_draws():
    with pretend_device() as device:
        assert generate(to_device(tiny_gpt()), IDS.to(device), 2).device == DEVICE


def test_a_device_that_is_not_there_is_refused_by_name():
    assert get_device("cpu") == device_of(torch.nn.Linear(2, 3)) == torch.device("cpu")
    for name in ("tpu", "cuda:x", "cuda:\u00b2", "cuda:999", "cpu:", ""):
        with pytest.raises(ValueError, match="^device must be one of|on this computer"):
            get_device(name)


@pytest.mark.parametrize("fastest, there", [("cuda", {"cuda", "mps"}), ("mps", {"mps"}), ("cpu", set())])
def test_auto_takes_the_fastest_that_is_there(fastest, there, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in there)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in there)
    assert get_device("auto") == get_device() == torch.device(fastest)


def test_bfloat16_is_not_supported_where_its_instructions_are_missing_or_switched_off(monkeypatch):
    code = "import torch; from bertgpt.device import supports_bfloat16; print(supports_bfloat16(torch.device('cpu')))"
    capped = os.environ | {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}
    run = subprocess.run([sys.executable, "-c", code], env=capped, capture_output=True, text=True)
    assert run.stdout == "False\n" or platform.machine() not in ("x86_64", "AMD64"), run.stderr
    cpu = torch.device("cpu")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True, raising=False)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    for has_it in (True, False):  # with AVX-512 alone oneDNN emulates it
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has_it=has_it: has_it)
        assert supports_bfloat16(cpu) is has_it
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert supports_bfloat16(cpu)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not supports_bfloat16(cpu)


def test_evaluation_mode_ends_as_it_began():
    model = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Dropout()))
    model[1].eval()  # a frozen part in a model that trains
    modes = [module.training for module in model.modules()]
    with pytest.raises(KeyError), evaluation_mode(model):
        assert not any(module.training for module in model.modules())
        raise KeyError  # an error inside changes nothing
    assert [module.training for module in model.modules()] == modes and any(modes)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_training_gives_the_same_numbers_there_and_goes_on_from_one_device_to_another(kind, tmp_path):
    make, objective = (tiny_bert, masked_lm_objective) if kind == "bert" else (tiny_gpt, lm_objective)
    settings = TrainingSettings(steps=6, learning_rate=1e-2, save_every=3, eval_every=2, accumulate=2)
    path, copied, held_out = tmp_path / "checkpoint", tmp_path / "copy", [Rows(kind).sample(99)]

    def trained(model, **more):
        return model, train(model, objective, Rows(kind), settings, held_out=held_out, **more)

    at_once, expected = trained(make(dropout=0.2))
    with pretend_device(), pytest.raises(Stopped):
        trained(to_device(make(dropout=0.2)), checkpoint=path, report=stop_at(4))
    with safetensors.safe_open(path, "pt") as file:
        assert {"random_state.cpu", "random_state.pretend"} <= set(file.keys())
    copied.write_bytes(path.read_bytes())
    here, _ = trained(make(seed=5, dropout=0.2), checkpoint=path)
    with pretend_device():
        there, found = trained(to_device(make(seed=5, dropout=0.2)), checkpoint=copied)
        for row, wanted in zip(*map(without_seconds, (found, expected)), strict=True):
            torch.testing.assert_close(row, wanted, rtol=1e-5, atol=1e-5)
        for name, parameter in at_once.named_parameters():
            assert there.get_parameter(name).device == DEVICE
            torch.testing.assert_close(here.get_parameter(name), parameter)
            torch.testing.assert_close(there.get_parameter(name).detach().cpu(), parameter.detach())


def test_mixed_precision_is_enabled_for_the_models_own_device(monkeypatch):
    given, autocast = [], torch.autocast
    monkeypatch.setattr(torch, "autocast", lambda *args, **named: given.append(args) or autocast("cpu"))
    settings = TrainingSettings(steps=1, bfloat16=True)
    with pretend_device():
        train(to_device(tiny_gpt()), lm_objective, Rows("gpt"), settings)
    assert given == [("pretend", torch.bfloat16)]
