"""Checkpoints in and out: transformers' own folders, their older dialects, and what must be refused."""

import dataclasses
import json
import math
import random
import re
from pathlib import Path

import pytest
import torch
from cases import cases
from pretend_device import pretend_device, to_device
from reference import LEFT, PADDED, SEGMENTS, edit_config, hf_bert, hf_gpt, tiny_bert, tiny_both, tiny_gpt
from safetensors.torch import load_file, save_file
from sizes import SIZES, S
from transformers import AutoModelForPreTraining, AutoTokenizer, BertForMaskedLM, BertModel

from bertgpt import (
    BERT,
    GPT,
    BERTForPreTraining,
    Both,
    Tokenizer,
    TransformerConfig,
    load_bert,
    load_both,
    load_gpt,
    load_model,
    load_tokenizer,
    save_pretrained,
)
from bertgpt.weights import pretrained

CLOSE = dict(atol=1e-5, rtol=1e-5)
both_kinds = pytest.mark.parametrize("make, load", [(hf_bert, load_bert), (hf_gpt, load_gpt)], ids=["bert", "gpt"])


@pytest.fixture
def gpt_folder(tmp_path):
    hf_gpt().save_pretrained(tmp_path)
    return tmp_path


def edit_tensors(folder, edit):
    path = folder / "model.safetensors"
    save_file({name: t.contiguous() for name, t in edit(load_file(path)).items()}, path, metadata={"format": "pt"})


def renamed(old, new):
    return lambda tensors: {name.replace(old, new): t for name, t in tensors.items()}


def bert_like(ours, theirs, ids):
    expected = theirs(ids, token_type_ids=SEGMENTS, attention_mask=PADDED)
    mlm_logits, nsp_logits = ours(ids, segment_ids=SEGMENTS, attention_mask=PADDED)
    torch.testing.assert_close(mlm_logits, expected.prediction_logits, **CLOSE)
    torch.testing.assert_close(nsp_logits, expected.seq_relationship_logits, **CLOSE)


def gpt_like(ours, theirs, ids, attention_mask=LEFT):
    positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
    expected = theirs(ids, attention_mask=attention_mask, position_ids=positions).logits
    real = attention_mask == 1
    torch.testing.assert_close(ours(ids, attention_mask=attention_mask)[real], expected[real], **CLOSE)


def drawn_gpt2(seed):
    """Draw a configuration: the numbers of heads, layers and widths, the switches, and how the file is written."""
    rng = random.Random(seed)
    heads = rng.choice([1, 3, 5, 7])
    changes = dict(n_head=heads, n_embd=heads * rng.choice([2, 3, 5]), n_layer=rng.randint(1, 4))
    changes |= dict(n_inner=rng.choice([None, 11, 29]), layer_norm_epsilon=rng.choice([1e-12, 1e-5, 1e-2]))
    changes |= dict(
        activation_function=rng.choice(["gelu_new", "gelu", "relu"]), tie_word_embeddings=rng.random() < 0.5
    )
    twice = stored("lm_head.weight", "transformer.wte.weight")
    first = renamed("transformer.wte", "lm_head")  # as safetensors.torch.save_model keeps one of two names
    dialects = [mask_buffers, *([twice, first] if changes["tie_word_embeddings"] else []), renamed("transformer.", "")]
    return changes, [dialect for dialect in dialects if rng.random() < 0.5]


@pytest.mark.parametrize("seed", range(12))
def test_any_gpt2_is_read_and_written_back(seed, ids, tmp_path):
    changes, dialects = drawn_gpt2(seed)
    theirs = hf_gpt(**changes)
    theirs.save_pretrained(tmp_path / "theirs")
    for dialect in dialects:
        edit_tensors(tmp_path / "theirs", dialect)
    ours = load_gpt(tmp_path / "theirs")
    save_pretrained(ours, tmp_path / "ours")
    again = AutoModelForPreTraining.from_pretrained(tmp_path / "ours").eval()
    for attention_mask in (torch.ones_like(ids), LEFT, PADDED):
        gpt_like(ours, theirs, ids, attention_mask)
        gpt_like(ours, again, ids, attention_mask)


@pytest.mark.parametrize("tie", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
@pytest.mark.parametrize("make, compare", [(tiny_bert, bert_like), (tiny_both, gpt_like)], ids=["bert", "both"])
def test_transformers_opens_what_we_write(make, compare, activation, tie, ids, tmp_path):
    ours = make(activation=activation, tie_embeddings=tie, norm_eps=1e-3)
    save_pretrained(ours, tmp_path)
    theirs, report = AutoModelForPreTraining.from_pretrained(tmp_path, output_loading_info=True)
    assert not any(report.values()), report  # no tensor missing, none left over, none of another shape
    compare(ours, theirs.eval(), ids)


@pytest.mark.parametrize("tie", [True, False], ids=["tied", "untied"])
@pytest.mark.parametrize("make", [tiny_bert, tiny_gpt, tiny_both], ids=["bert", "gpt", "both"])
def test_there_and_back_again(make, tie, tmp_path):
    segments = (2, 0) if make is tiny_bert else (0, 2)  # the last is what transformers cannot have: it is in our names
    for changes in ({"n_heads": 4, "dropout": 0.25}, *({"n_segments": n} for n in segments)):
        model = make(pad_id=5, tie_embeddings=tie, **changes)
        save_pretrained(model, tmp_path)
        again = load_model(tmp_path)
        assert type(again) is type(model) and again.config == model.config
        torch.testing.assert_close(again.state_dict(), model.state_dict(), rtol=0, atol=0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]
    with pytest.raises(ValueError, match="model type `bertgpt-"):
        AutoModelForPreTraining.from_pretrained(tmp_path)


@pytest.mark.parametrize("make, load", [(tiny_bert, load_bert), (tiny_gpt, load_gpt)], ids=["bert", "gpt"])
def test_sixteen_bits_are_stored_and_thirty_two_computed(make, load, tmp_path, ids):
    model = make()
    save_pretrained(model, tmp_path, dtype=torch.float16)
    assert {t.dtype for t in load_file(tmp_path / "model.safetensors").values()} == {torch.float16}
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "float32"
    again = load(tmp_path)
    expected = {name: t.half().float() for name, t in model.state_dict().items()}
    torch.testing.assert_close(again.state_dict(), expected, rtol=0, atol=0)
    theirs = AutoModelForPreTraining.from_pretrained(tmp_path).eval()
    assert theirs.dtype == torch.float32
    torch.testing.assert_close(again.encode(ids), theirs.base_model(ids).last_hidden_state, **CLOSE)


def some_of(state: dict, model):
    """Copy those parameters that a smaller model has."""
    model.load_state_dict({name: tensor for name, tensor in state.items() if name in model.state_dict()})
    return model.eval()


def test_a_masked_lm_without_next_sentence_head_gives_none(ids, tmp_path):
    theirs = some_of(hf_bert().state_dict(), BertForMaskedLM(hf_bert().config))
    theirs.save_pretrained(tmp_path / "theirs")
    ours = load_bert(tmp_path / "theirs")
    mlm_logits, nsp_logits = ours(ids, segment_ids=SEGMENTS, attention_mask=PADDED)
    assert nsp_logits is None and ours.pooler is None
    expected = theirs(ids, token_type_ids=SEGMENTS, attention_mask=PADDED).logits
    torch.testing.assert_close(mlm_logits, expected, **CLOSE)

    save_pretrained(ours, tmp_path / "ours")
    assert json.loads((tmp_path / "ours" / "config.json").read_text())["architectures"] == ["BertForMaskedLM"]
    torch.testing.assert_close(load_bert(tmp_path / "ours").state_dict(), ours.state_dict(), rtol=0, atol=0)


@pytest.mark.parametrize("pooler", [True, False])
def test_a_bare_bert_gives_hidden_states(pooler, ids, tmp_path):
    bare = some_of(hf_bert().bert.state_dict(), BertModel(hf_bert().config, add_pooling_layer=pooler))
    bare.save_pretrained(tmp_path / "theirs")  # names without "bert."
    ours = load_bert(tmp_path / "theirs")
    assert type(ours) is BERT and (ours.pooler is not None) == pooler
    expected = bare(ids, token_type_ids=SEGMENTS, attention_mask=PADDED).last_hidden_state
    torch.testing.assert_close(ours(ids, segment_ids=SEGMENTS, attention_mask=PADDED), expected, **CLOSE)

    save_pretrained(ours, tmp_path / "ours")
    again = BertModel.from_pretrained(tmp_path / "ours", add_pooling_layer=pooler).eval()
    torch.testing.assert_close(again(ids, token_type_ids=SEGMENTS, attention_mask=PADDED).last_hidden_state, expected)


def stored(name, source):
    """Store a tensor under a second name, too."""
    return lambda tensors: tensors | {name: tensors[source].clone()}


BERT_DIALECTS = [
    lambda tensors: renamed("Norm.weight", "Norm.gamma")(renamed("Norm.bias", "Norm.beta")(tensors)),
    stored("cls.predictions.decoder.bias", "cls.predictions.bias"),
    stored("cls.predictions.decoder.weight", "bert.embeddings.word_embeddings.weight"),
    lambda tensors: tensors | {"bert.embeddings.position_ids": torch.arange(S)[None]},
    renamed("bert.", ""),
    renamed("cls.predictions.bias", "cls.predictions.decoder.bias"),
]


SWITCHES = [
    {"num_attention_heads": 4, "intermediate_size": 9, "type_vocab_size": 3, "hidden_act": "gelu_new"},
    {"hidden_act": "relu", "layer_norm_eps": 1e-3},
    {"tie_word_embeddings": False},
]


@pytest.mark.parametrize("changes, edit", [({}, each) for each in BERT_DIALECTS] + [(each, dict) for each in SWITCHES])
def test_any_bert_is_read(changes, edit, ids, tmp_path):
    theirs = hf_bert(**changes)
    theirs.save_pretrained(tmp_path)
    edit_tensors(tmp_path, edit)
    ours = load_bert(tmp_path)
    assert not ours.training and type(ours) is BERTForPreTraining
    bert_like(ours, theirs, ids)


def mask_buffers(tensors):
    triangle = torch.ones(1, 1, S, S, dtype=torch.uint8).tril()
    biases = {f"transformer.h.{n}.attn.bias": triangle.clone() for n in range(2)}
    return tensors | biases | {f"transformer.h.{n}.attn.masked_bias": torch.tensor(-1e4) for n in range(2)}


BERTS = """position_embedding_type='relative_key' -> position_embedding_type; is_decoder=True -> is_decoder;
    hidden_act='swish' -> activation .*swish; model_type='roberta' -> roberta; num_attention_heads=5 -> n_heads;
    hidden_size=... -> hidden_size is missing; layer_norm_eps='small' -> layer_norm_eps;
    attention_probs_dropout_prob=0.3 -> attention_probs_dropout_prob is not hidden_dropout_prob;
    intermediate_size=11 -> up_proj.weight.*11; vocab_size=10**9 -> token.weight.*1000000000;
    num_hidden_layers=1 -> holds blocks.1; num_hidden_layers=3 -> no tensor for blocks.2;
    type_vocab_size=0 -> holds embeddings.segment"""
GPTS = """scale_attn_by_inverse_layer_idx=True -> scale_attn_by_inverse_layer_idx; n_head='3' -> n_head;
    n_positions=... -> n_positions is missing; add_cross_attention=True -> add_cross_attention;
    scale_attn_weights=False -> scale_attn_weights;
    n_layer=2.0 -> n_layer; n_layer=True -> n_layer; tie_word_embeddings='no' -> tie_word_embeddings;
    attn_pdrop=0.1 -> attn_pdrop is not resid_pdrop; embd_pdrop=... -> embd_pdrop is not resid_pdrop;
    tie_word_embeddings=False -> no tensor for lm_head.decoder.weight"""  # embd_pdrop left out means 0.1


@pytest.mark.parametrize(
    "make, load, case",
    [(hf_bert, load_bert, case) for case in cases(BERTS)] + [(hf_gpt, load_gpt, case) for case in cases(GPTS)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_we_do_not_compute_is_refused_by_name(make, load, case, tmp_path):
    changes, named = case
    make().save_pretrained(tmp_path)
    edit_config(tmp_path, **changes)
    with pytest.raises(ValueError, match=named):
        load(tmp_path)


def without(*dropped):
    return lambda tensors: {name: t for name, t in tensors.items() if name not in dropped}


def with_tensor(name, *shape):
    return lambda tensors: tensors | {name: torch.zeros(shape)}


def changed(pattern, edit):
    return lambda tensors: {name: edit(t) if re.search(pattern, name) else t for name, t in tensors.items()}


def with_nan(tensor):
    return tensor.index_fill(-1, torch.tensor([1]), math.nan)


def changed_head(tensors):
    return tensors | {"lm_head.weight": tensors["transformer.wte.weight"] + 1}


HEAD, ATTENTION = "cls.predictions.bias", "transformer.h.{}.{}.c_attn.weight"
POOLER = ("bert.pooler.dense.weight", "bert.pooler.dense.bias")
UNFIT = [
    (load_bert, without(HEAD), "no tensor for mlm_head.decoder.bias"),
    (load_bert, without(*POOLER), "no tensor for pooler.dense.weight"),
    (load_bert, with_tensor("classifier.weight", 2, 12), "holds classifier.weight, which this .* does not have"),
    (load_gpt, without(ATTENTION.format(0, "attn")), "no tensor for blocks.0.attention.q_proj.weight"),
    (load_gpt, changed_head, "lm_head.decoder.weight differs"),
    (load_gpt, with_tensor(ATTENTION.format(0, "crossattention"), 2), "crossattention"),
]
UNFIT += [
    (load_bert, changed(r"\.1\.", with_nan), "blocks.1.* holds numbers that are not finite"),
    (load_gpt, changed("wte", with_nan), "embeddings.token.weight holds numbers that are not finite"),
    (load_gpt, changed(r"\.1\.", torch.Tensor.char), "blocks.1.* is stored as torch.int8"),
]
SHAPED = [with_tensor(ATTENTION.format(1, "attn"), *shape) for shape in [(), (12,), (36, 12), (2, 12, 36)]]


@pytest.mark.parametrize(
    "load, edit, named", UNFIT + [(load_gpt, edit, r"blocks.1.attention.(q|qkv)_proj") for edit in SHAPED]
)
def test_tensors_that_do_not_fit_are_named(load, edit, named, tmp_path):
    (hf_bert if load is load_bert else hf_gpt)().save_pretrained(tmp_path)
    edit_tensors(tmp_path, edit)
    with pytest.raises(ValueError, match=f"model.safetensors.*{named}"):
        load(tmp_path)


def test_a_pointer_to_weights_says_how_to_get_them(gpt_folder, monkeypatch):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0a\nsize 497774208\n"
    (gpt_folder / "model.safetensors").write_text(pointer)
    monkeypatch.setattr(Path, "read_bytes", None)  # a damaged file may be gigabytes: its first bytes are enough
    with pytest.raises(ValueError, match="model.safetensors is a Git LFS pointer.*git lfs pull"):
        load_gpt(gpt_folder)


DAMAGES = {
    "empty weights": lambda raw: b"",
    "half of the weights": lambda raw: raw[: len(raw) // 2],
    "a byte more of weights": lambda raw: raw + b"\0",
    "half of the configuration": lambda raw: raw[: len(raw) // 2],
    "a list": lambda raw: b"[]",
    "a deep list": lambda raw: b"[" * 100_000,
}


@both_kinds
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_in_one_line_that_names_it(damage, make, load, tmp_path):
    make().save_pretrained(tmp_path)
    path = tmp_path / (file := "model.safetensors" if "weights" in damage else "config.json")
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(ValueError, match=file) as refusal:
        load(tmp_path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "load, kind",
    [(load_bert, "gpt2"), (load_gpt, "bert"), (load_gpt, ["bert"]), (load_model, "mixtral"), (load_model, None)],
)
def test_another_kind_of_model_is_refused_by_name(load, kind, gpt_folder):
    edit_config(gpt_folder, model_type=kind)
    with pytest.raises(ValueError, match=f"config.json describes a .*{re.escape(str(kind))}.* model, not (a|one of)"):
        load(gpt_folder)


def test_a_both_is_known_by_its_orders_and_any_gpt_may_be_read_as_one(ids, tmp_path):
    save_pretrained(tiny_both(), tmp_path / "both")
    save_pretrained(tiny_gpt(), tmp_path / "gpt")
    orders = [json.loads((tmp_path / name / "config.json").read_text()).get("orders") for name in ("both", "gpt")]
    assert orders == [["causal", "bidirectional"], None]
    both = load_both(tmp_path / "gpt")
    assert type(both) is Both and type(load_gpt(tmp_path / "both")) is GPT
    torch.testing.assert_close(both(ids), load_gpt(tmp_path / "gpt")(ids), rtol=0, atol=0)
    assert not torch.allclose(both(ids, order="bidirectional"), both(ids))


def test_a_model_on_a_device_is_written_as_on_the_cpu(tmp_path):
    for name, make in (("bert", tiny_bert), ("gpt", tiny_gpt)):
        save_pretrained(make(), tmp_path / name)
        with pretend_device():
            save_pretrained(to_device(make()), tmp_path / f"{name} there")
        for file in ("config.json", "model.safetensors"):
            assert (tmp_path / name / file).read_bytes() == (tmp_path / f"{name} there" / file).read_bytes()


# --- options that transformers has no name for ------------------------------------------------------


def test_a_new_field_of_the_config_is_saved_and_a_version_without_it_refuses_the_file(monkeypatch, tmp_path):
    fields = dataclasses.make_dataclass("WithOption", [("option", float, 1.0)], bases=(TransformerConfig,), frozen=True)
    with monkeypatch.context() as patched:
        patched.setattr(pretrained, "TransformerConfig", fields)
        for make in (BERT, BERTForPreTraining):
            model = make(fields(**SIZES, option=2.0))
            save_pretrained(model, tmp_path)
            again = load_model(tmp_path)
            assert type(again) is make and again.config == model.config
    with pytest.raises(ValueError, match="config.json: .*option"):
        load_model(tmp_path)


# --- the tokenizer beside them ----------------------------------------------------------------------

TEXT = "She [MASK] at  Mr. Darcy;\n\nand — smiled, didn't she? Ünïcödé 中文 👍🏽 [mask] <EOS>"


@pytest.mark.parametrize("make", [tiny_bert, tiny_gpt], ids=["bert", "gpt"])
@pytest.mark.parametrize("vocabulary", ["course", "char", "bert"])
def test_autotokenizer_gives_our_ids(vocabulary, make, tokenizer, tmp_path):
    others = {"char": Tokenizer.train_char([TEXT]), "bert": load_tokenizer("google-bert/bert-base-uncased")}
    ours = others.get(vocabulary, tokenizer)
    model = make(vocab_size=ours.vocab_size)
    save_pretrained(model, tmp_path, tokenizer=ours)
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert len(theirs) == ours.vocab_size and (theirs.pad_token_id, theirs.mask_token_id) == (ours.pad_id, ours.mask_id)
    assert theirs.model_max_length == S and theirs.eos_token_id == ours.find("<eos>")
    assert load_tokenizer(tmp_path).encode(TEXT) == ours.encode(TEXT)
    if not isinstance(model, BERT):  # or transformers would add segments to the tokens
        assert theirs(TEXT).keys() == {"input_ids", "attention_mask"} and theirs(TEXT)["input_ids"] == ours.encode(TEXT)
    else:
        for pair in [(TEXT,), (TEXT, "It did.")]:
            assert (theirs(*pair)["input_ids"], theirs(*pair)["token_type_ids"]) == ours.encode_pair(*pair)
    assert theirs.decode(ours.encode(TEXT)) == ours.decode(ours.encode(TEXT))


@both_kinds
def test_nothing_is_drawn_and_loaded_weights_are_the_models_own(make, load, tmp_path):
    make().save_pretrained(tmp_path)
    state = torch.get_rng_state()
    model, again = load(tmp_path), load(tmp_path)
    assert torch.equal(torch.get_rng_state(), state)  # initial values are never computed
    head = model.lm_head if load is load_gpt else model.mlm_head
    assert head.decoder.weight is model.embeddings.token.weight
    for name, parameter in model.named_parameters():
        assert parameter.is_contiguous() and parameter.requires_grad and parameter.device.type == "cpu", name
        assert parameter.untyped_storage().nbytes() == parameter.numel() * 4, name  # none is a view of another
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()  # neither the file nor another model notices
    assert again.embeddings.token.weight.any() and load(tmp_path).embeddings.token.weight.any()


@pytest.mark.parametrize("make", [tiny_bert, tiny_gpt], ids=["bert", "gpt"])
def test_numbers_that_would_not_come_back_are_not_written(make, tmp_path):
    model = make()
    save_pretrained(model, tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for number, dtype in [(7e4, torch.float16), (math.nan, torch.float32)]:
        model.blocks[1].norm2.weight.data[2] = number
        with pytest.raises(ValueError, match=f"blocks.1.norm2.weight holds numbers .* not finite in {dtype}"):
            save_pretrained(model, tmp_path, dtype)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
