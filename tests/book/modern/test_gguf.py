"""A Llama from a GGUF file: our numbers beside those of ggml's own package."""

import dataclasses

import gguf
import pytest
import torch
from cases import cases

from bertgpt import load_model, load_tokenizer
from bertgpt_book.modern import Decoder, ModernConfig, load_modern

CONFIG = ModernConfig(97, 64, 96, 2, 3, 160, n_kv_heads=1, d_head=32, theta=500.0, norm_eps=1e-3)
Q4_1 = gguf.GGMLQuantizationType.Q4_1
LETTERS = "etaoinshrdlucmfwypvbgkjqxz"


def write(path, model: Decoder, kind: str = "F32", omit: str = "", **settings):
    """Write a model as llama.cpp's converter does, with a vocabulary of letters and a few merges."""
    config = model.config
    writer = gguf.GGUFWriter(path, settings.pop("architecture", "llama"))
    writer.add_context_length(config.max_len)
    writer.add_embedding_length(config.d_model)
    writer.add_block_count(config.n_layers)
    writer.add_feed_forward_length(config.d_ff)
    writer.add_head_count(config.heads[0])
    writer.add_head_count_kv(config.heads[1])
    writer.add_rope_dimension_count(config.heads[2])
    writer.add_rope_freq_base(config.theta)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    merges = ["t h", "th e", "\u0120 the", "i n", "\u0120 \u0120"]
    special = ["<|endoftext|>", "<|im_start|>"]
    tokens = [*special, *LETTERS, *"0123456789", "\u0120", *(merge.replace(" ", "") for merge in merges)]
    tokens += [f"<unused{i}>" for i in range(config.vocab_size - len(tokens))]
    writer.add_tokenizer_model(settings.pop("kind_of_vocabulary", "gpt2"))
    writer.add_tokenizer_pre(settings.pop("pre", "smollm"))
    writer.add_token_list(tokens)
    writer.add_token_types([3] * len(special) + [1] * (len(tokens) - len(special)))
    writer.add_token_merges(merges)
    writer.add_chat_template("{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}{% endfor %}{{ bos_token }}")
    for name, value in settings.items():
        writer.add_string(name.replace("__", "."), value)
    type_ = gguf.GGMLQuantizationType[kind]
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.n_layers)
    theirs = {"embeddings.token": "model.embed_tokens", "final_norm": "model.norm", "lm_head.decoder": "lm_head"}
    theirs |= {"attention": "self_attn", "norm1": "input_layernorm", "norm2": "post_attention_layernorm"}
    theirs |= {"feedforward": "mlp", "blocks": "model.layers", "out_proj": "o_proj"}
    for name, tensor in model.state_dict().items():
        for ours, their_name in theirs.items():
            name = name.replace(ours, their_name)
        name = names.get_name(name, try_suffixes=(".weight",))
        if name == omit or (name == "output.weight" and config.tie_embeddings):
            continue
        if "attn_q." in name or "attn_k." in name:  # as llama.cpp's converter sorts the rows
            tensor = tensor.unflatten(0, (-1, 2, config.heads[2] // 2)).transpose(1, 2).reshape(tensor.shape)
        numbers = tensor.numpy()
        if numbers.ndim == 1:
            writer.add_tensor(name, numbers)
        else:
            writer.add_tensor(name, gguf.quantize(numbers, type_), raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def random_llama(**changes) -> Decoder:
    torch.manual_seed(1)
    model = Decoder(dataclasses.replace(CONFIG, **changes)).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 1.0 if parameter.dim() == 1 else 0.0, 0.3)
    return model.requires_grad_(False)


def rounded(tensor: torch.Tensor, kind: str) -> torch.Tensor:
    """Round a matrix as ggml's own package does."""
    if tensor.dim() == 1:
        return tensor
    type_ = gguf.GGMLQuantizationType[kind]
    return torch.from_numpy(gguf.dequantize(gguf.quantize(tensor.numpy(), type_), type_).copy())


@pytest.mark.parametrize("kind", ["F32", "F16", "Q8_0", "Q4_1", "Q4_0"])
@pytest.mark.parametrize("tied", [True, False], ids=["tied", "untied"])
def test_a_llama_is_read_as_it_was_written(kind, tied, tmp_path):
    model = random_llama(tie_embeddings=tied)
    loaded = load_modern(write(tmp_path / "a.gguf", model, kind))
    assert type(loaded) is Decoder and not loaded.training
    assert (loaded.lm_head.decoder.weight is loaded.embeddings.token.weight) == tied
    expected = {name: rounded(tensor, kind) for name, tensor in model.state_dict().items()}
    torch.testing.assert_close(dict(loaded.state_dict()), expected, rtol=0, atol=0)
    assert dataclasses.replace(loaded.config, norm_eps=1e-3) == model.config


def test_a_file_a_folder_of_one_and_whichever_model_are_the_same(tmp_path):
    path = write(tmp_path / "a.gguf", random_llama())
    for load, source in ((load_modern, tmp_path), (load_model, path), (load_model, str(tmp_path))):
        torch.testing.assert_close(load(source).state_dict(), load_modern(path).state_dict(), rtol=0, atol=0)
    assert load_tokenizer(tmp_path).sha256() == load_tokenizer(path).sha256()
    (tmp_path / "b.gguf").write_bytes(path.read_bytes())
    with pytest.raises(ValueError, match="holds 2 GGUF files: name one of them"):
        load_modern(tmp_path)


def test_the_command_line_takes_a_gguf_file(tmp_path, bertgpt, refused):
    path = write(tmp_path / "a.gguf", random_llama())
    code, out, err = bertgpt("generate", path, "the", "--tokens", 3)
    assert (code, err) == (0, "") and out.startswith("the")
    refused(bertgpt("eval", path, "--text", "austen"), "a.gguf is a Decoder: eval measures a BERT")


REFUSED = """architecture='gemma' -> holds a 'gemma' model;
    omit='blk.1.ffn_up.weight' -> no tensor for blocks.1.feedforward.up_proj.weight;
    llama__rope__scaling__type='yarn' -> rope scaling 'yarn';
    general__alignment='wide' -> cannot be read as a GGUF file"""


@pytest.mark.parametrize("changes, says", cases(REFUSED), ids=str)
def test_what_is_not_computed_is_refused_by_name(changes, says, tmp_path):
    path = write(tmp_path / "a.gguf", random_llama(), **changes)
    with pytest.raises(ValueError, match=f"a.gguf.*{says}"):
        load_modern(path)


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: raw[:40], lambda raw: b"a text"])
def test_a_damaged_file_is_refused_in_one_line(damage, tmp_path):
    path = write(tmp_path / "a.gguf", random_llama())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="a.gguf cannot be read as a GGUF file") as refusal:
        load_modern(path)
    assert "\n" not in str(refusal.value)


def test_the_vocabulary_is_the_files(tmp_path):
    tokenizer = load_tokenizer(write(tmp_path / "a.gguf", random_llama()))
    assert tokenizer.vocab_size == 97 and tokenizer.special_ids == {0, 1} and tokenizer.eos_id == 0
    text = "in the <|im_start|>  42"
    assert tokenizer.tokens(tokenizer.encode(text)) == ["in", " the", " ", "<|im_start|>", "  ", "4", "2"]
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert 1 not in tokenizer.encode_plain("<|im_start|>")
    for same in (tokenizer, tokenizer.with_mask(1)):
        assert same.chat([{"role": "user", "content": "the"}]) == "<user>the"


@pytest.mark.parametrize("changes", [dict(kind_of_vocabulary="llama"), dict(pre="tekken")])
def test_another_kind_of_vocabulary_is_refused(changes, tmp_path):
    path = write(tmp_path / "a.gguf", random_llama(), **changes)
    with pytest.raises(ValueError, match=f"its vocabulary is .*{[*changes.values()][0]}.*gpt-2, smollm"):
        load_tokenizer(path)
