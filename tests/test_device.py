"""On any device: every public function that takes a model follows it, and gives the CPU's numbers.

The device is a pretend one (pretend_device.py), so that a computer without an accelerator finds what would fail on one.
"""

import copy
import inspect
from types import SimpleNamespace

import pytest
import safetensors
import torch
from pretend_device import DEVICE, pretend_device, run, to_device
from reference import draw_ids, tiny_bert, tiny_gpt
from sizes import B, S

from bertgpt import Tokenizer, beam_search, fill_mask, generate, unmask
from bertgpt.device import device_of, evaluation_mode, get_device
from bertgpt.inference import decoding, filling, probes, scoring
from bertgpt.training.loop import TrainingSettings, evaluate, train
from bertgpt.training.objectives import lm_objective, masked_lm_objective


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


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_a_forward_pass_never_waits_to_read_a_number(kind, ids, request, monkeypatch):
    ran = []
    monkeypatch.setattr("pretend_device.run", lambda func, *args: ran.append(func) or run(func, *args))
    with pretend_device() as device:
        moved = to_device(request.getfixturevalue(kind))
        moved(ids.to(device), attention_mask=torch.ones_like(ids).to(device))
        assert len(ran) > 50 and torch.ops.aten._local_scalar_dense.default not in ran
        ids.to(device).max().item()
        assert torch.ops.aten._local_scalar_dense.default in ran              # or the test could not fail


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_probes_look_at_a_model_there(kind, ids, request):
    model = request.getfixturevalue(kind)
    with pretend_device() as device:
        moved, there = to_device(copy.deepcopy(model)), ids.to(device)
        for probe in (lambda model, ids: probes.leakage(model, ids[0], 0), probes.attention_maps,
                      probes.first_layer_scores):
            found = probe(moved, there)
            assert found.device == DEVICE
            torch.testing.assert_close(found.cpu(), probe(model, ids))
        assert probes.parameter_counts(moved) == probes.parameter_counts(model)


# What is asked of a model: name -> the function's answer for a GPT and a BERT, all of it that may be compared.
IDS, LEFT = draw_ids(2, 5), torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]])
BLANKS = torch.tensor([[5, 3, 3, 7, 3, 6, 3]])                                # (1, S), where 3 is [MASK]
PLAIN = SimpleNamespace(special_id={"[SEP]": 2}.get, mask_id=3, pad_id=0)
ASKED = {
    "generate": lambda gpt, bert, tokenizer: [
        generate(gpt, IDS.to(device_of(gpt)), 2, attention_mask=LEFT.to(device_of(gpt)), eos_id=6, **settings)
        for settings in ({"temperature": 0}, {"top_k": 9, "generator": torch.Generator().manual_seed(3)})],
    "beam_search": lambda gpt, bert, tokenizer: beam_search(gpt, IDS[:1].to(device_of(gpt)), 2, n_beams=3, eos_id=6),
    "fill_mask": lambda gpt, bert, tokenizer: [
        torch.tensor([p for _, p in guess]) for guess in fill_mask(bert, tokenizer, "b [MASK] a[MASK]")],
    "blank_logits": lambda gpt, bert, tokenizer: [
        filling.blank_logits(bert, BLANKS.to(device_of(bert)), (BLANKS == 3).to(device_of(bert)))],
    "blank_surprisal": lambda gpt, bert, tokenizer: [scoring.blank_surprisal(bert, BLANKS, BLANKS == 3, 3)],
    "unmask": lambda gpt, bert, tokenizer: unmask(bert, BLANKS.to(device_of(bert)), 3, 2),
    "token_surprisal": lambda gpt, bert, tokenizer: [scoring.token_surprisal(gpt, draw_ids(20), batch_size=2)],
    "log_likelihoods": lambda gpt, bert, tokenizer: scoring.log_likelihoods(
        gpt, [[5, 6], [7], [5, 6], [8, 9, 10]], [[7], [8, 9], [10, 5], [6]], batch_size=2),
    "hidden_in_turn": lambda gpt, bert, tokenizer: scoring.hidden_in_turn(
        bert, PLAIN, [[5, 6], [7]], [[7], [8, 9]], batch_size=2),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_asked_of_a_model_has_the_same_answer_there(name):
    tokenizer = Tokenizer.train_char(["ab c"])
    models = tiny_gpt(), tiny_bert(vocab_size=tokenizer.vocab_size + 3)
    expected = ASKED[name](*models, tokenizer)
    with pretend_device():
        found = ASKED[name](*map(to_device, map(copy.deepcopy, models)), tokenizer)
        on = [tensor.device.type for tensor in found]
        # Texts and logits stay there, numbers come back.
        texts = {"generate": 2, "beam_search": 1, "blank_logits": 1, "unmask": 2}.get(name, 0)
        assert on == [DEVICE.type] * texts + ["cpu"] * (len(found) - texts)
        torch.testing.assert_close([tensor.cpu() for tensor in found], list(expected))


def test_no_function_that_is_asked_of_a_model_is_left_out():
    public = {name for module in (decoding, filling, scoring) for name, function in vars(module).items()
              if inspect.isfunction(function) and function.__module__ == module.__name__
              and "model" in inspect.signature(function).parameters and not name.startswith("check_")}
    assert public == set(ASKED)


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


def test_evaluation_mode_ends_as_it_began():
    model = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Dropout()))
    model[1].eval()                              # a frozen part in a model that trains
    modes = [module.training for module in model.modules()]
    with pytest.raises(KeyError), evaluation_mode(model):
        assert not any(module.training for module in model.modules())
        raise KeyError                           # an error inside changes nothing
    assert [module.training for module in model.modules()] == modes and any(modes)


class Rows:
    """Batches that a CPU makes, as all of them are."""

    def __init__(self, kind: str):
        self.kind = kind

    def sample(self, step: int) -> dict[str, torch.Tensor]:
        ids = draw_ids(B, S, seed=step)
        pairs = {"segment_ids": (ids > 6).long(), "labels": ids, "is_random_next": torch.tensor([0, 1])}
        pairs["at_mask"] = ids > 9
        return {"input_ids": ids} | (pairs if self.kind == "bert" else {})


@pytest.mark.parametrize("kind", ["bert", "gpt"])
def test_training_gives_the_same_numbers_there(kind, tmp_path):
    make, objective = (tiny_bert, masked_lm_objective) if kind == "bert" else (tiny_gpt, lm_objective)
    held_out = [Rows(kind).sample(99)]
    settings = TrainingSettings(steps=4, learning_rate=1e-2, eval_every=2, accumulate=2, average=0.5)
    here = make(dropout=0.2)
    expected = train(here, objective, Rows(kind), settings, held_out=held_out)
    with pretend_device():
        there = to_device(make(dropout=0.2))
        found = train(there, objective, Rows(kind), settings, held_out=held_out, checkpoint=tmp_path / "checkpoint")
        for row, wanted in zip(found, expected, strict=True):
            assert row.pop("seconds") and wanted.pop("seconds")
            torch.testing.assert_close(row, wanted, rtol=1e-5, atol=1e-5)
        for name, parameter in there.named_parameters():
            assert parameter.device == DEVICE
            torch.testing.assert_close(parameter.detach().cpu(), here.get_parameter(name).detach())
        measured = [evaluate(m, objective, held_out) for m in (there, here)]
        torch.testing.assert_close(*measured, rtol=1e-5, atol=1e-5)


def test_sixteen_bits_are_asked_of_the_device_that_the_model_is_on(monkeypatch):
    asked, autocast = [], torch.autocast
    monkeypatch.setattr(torch, "autocast", lambda kind, *more, **named: asked.append((kind, named)) or autocast("cpu"))
    settings = TrainingSettings(steps=1, bfloat16=True)
    with pretend_device():
        train(to_device(tiny_gpt()), lm_objective, Rows("gpt"), settings)
    train(tiny_gpt(), lm_objective, Rows("gpt"), settings)
    assert asked == [("pretend", {"enabled": True}), ("cpu", {"enabled": True})]


def test_a_checkpoint_goes_from_one_device_to_another(tmp_path):
    settings, path = TrainingSettings(steps=6, learning_rate=1e-2, save_every=3), tmp_path / "checkpoint"

    class Stopped(Exception):
        pass

    def stop(row):
        if row["step"] == 4:
            raise Stopped

    at_once = tiny_gpt(dropout=0.2)
    train(at_once, lm_objective, Rows("gpt"), settings)
    with pretend_device(), pytest.raises(Stopped):
        train(to_device(tiny_gpt(dropout=0.2)), lm_objective, Rows("gpt"), settings, checkpoint=path, report=stop)
    with safetensors.safe_open(path, "pt") as file:
        assert {"random_state.cpu", "random_state.pretend"} <= set(file.keys())
    path.with_name("copy").write_bytes(path.read_bytes())
    here = tiny_gpt(seed=5, dropout=0.2)
    train(here, lm_objective, Rows("gpt"), settings, checkpoint=path)
    with pretend_device():
        there = to_device(tiny_gpt(seed=5, dropout=0.2))
        train(there, lm_objective, Rows("gpt"), settings, checkpoint=path.with_name("copy"))
        for name, parameter in at_once.named_parameters():
            torch.testing.assert_close(here.get_parameter(name), parameter)
            torch.testing.assert_close(there.get_parameter(name).detach().cpu(), parameter.detach())
