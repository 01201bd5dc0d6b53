"""The real model in the page: its packed weights against numpy, its passes against PyTorch, its files."""

import contextlib
import json

import numpy as np
import pytest
import torch
from packed import ODD, held_out_sentences
from packed_weights import BLANK, as_it_is, packed, practised, small_llama
from torch import Tensor

from bertgpt import load_tokenizer
from bertgpt.inference.probes import masked_by
from bertgpt.model.masks import bidirectional_mask, causal_mask
from bertgpt.text import corpora
from bertgpt_book.modern import load_modern
from bertgpt_book.modern.adapters import SHIPPED_ADAPTERS, Adapter, load_adapter
from bertgpt_book.modern.gguf import read_packed
from bertgpt_book.modern.open_mask import FILLERS
from bertgpt_book.modern.wheels import SMOLLM2
from bertgpt_book.widgets.engine.real import files
from bertgpt_book.widgets.real_model import ANSWERS

FILES = ("engine/real/store.js", "engine/real/modern.js", "engine/vendor/tokenizers.min.cjs")
START = """const { makeStore, openAdapter, linear, forward, makeModernCache, nextToken } = page;
const wasm = { kernels: read("engine/real/kernels.wasm"), matmul: read("engine/matmul.wasm") };
function opened() {
  const manifest = JSON.parse(readFileSync("manifest.json")), model = makeStore(manifest, wasm);
  let at = 0;
  for (const { name, bytes } of manifest.parts) {
    model.put(at, readFileSync(name));
    at += bytes;
  }
  openAdapter(model);
  return model;
}
"""
CLOSE = 5e-4  # of the largest logit: a number is rounded to 16 bits before each product
SPECIAL = {"begin": 1, "blank": BLANK, "ends": [1]}
HOW = {
    "triangle": (causal_mask, False),
    "square": (bidirectional_mask, False),
    "practised": (bidirectional_mask, True),
}  # a setting -> its mask, and whether the adapter is on


@pytest.fixture
def in_page(in_node, tmp_path):
    """in_page(script, given, manifest, parts) runs a script with the page's modules: -> what it returns."""

    def run(script: str, given=None, manifest=None, parts=()):
        for name, data in dict(parts).items():
            (tmp_path / name).write_bytes(data)
        (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return in_node(FILES, START + script, given)

    return run


# ---- products


@pytest.mark.parametrize("kind, T", [("Q4_1", 1), ("Q4_1", 3), ("Q4_1", 9), ("Q8_0", 1), ("Q8_0", 6)])
def test_a_product_with_packed_weights_is_numpys(in_page, tokenizer, kind, T):
    N, K = 7, 160
    x, w = torch.randn(T, K), torch.randn(N, K)
    x[:, 64:96] *= 1000  # an outlier costs the other blocks nothing
    x[0, :32] = 0
    w[3, :32] = 1e-7 * torch.arange(32)  # a scale too small for a float16 of the common kind
    stored = packed(w, kind)
    manifest = {
        "config": {"d_ff": K, "n_heads": 1, "d_head": K, "d_model": K, "vocab_size": 9 * N, "max_len": T},
        "tensors": {"w": {"type": kind, "shape": [N, K], "at": 0}},
        "size": stored.raw.numel(),
        "parts": [{"name": "w", "bytes": stored.raw.numel()}],
    }
    found = in_page(
        """return linear(opened(), Float32Array.from(given), "w", false);""",
        x.flatten().tolist(),
        manifest,
        {"w": stored.raw.numpy().tobytes()},
    )
    dense, numbers = stored.unpack().double().numpy(), x.double().numpy()
    error = np.abs(np.array(found).reshape(T, N) - numbers @ dense.T)
    of_a_block = np.abs(numbers).reshape(T, -1, 32).max(axis=2)  # (T, blocks)
    weight = np.abs(dense).reshape(N, -1, 32).sum(axis=2)  # (N, blocks)
    assert (error <= 2e-5 * (of_a_block @ weight.T) + 1e-6).all()


# ---- passes


def under(model, ids: Tensor, setting: str) -> Tensor:
    mask, _ = HOW[setting]
    with torch.inference_mode(), masked_by(model, mask(ids.size(1))):
        return model(ids)[0]  # (T, V)


def test_a_pass_is_pytorchs_under_every_setting(in_page, tokenizer, tmp_path):
    config, stored, model = small_llama()
    adapter = practised(model, tmp_path / "adapter.safetensors")
    read = files.read_adapter(tmp_path / "adapter.safetensors")
    manifest, parts = files.page_model(config, stored, tokenizer, SPECIAL, read)
    ids = torch.tensor([[1, 30, 7, BLANK, 36, 0, 12, BLANK, 2]])
    found = in_page(
        """const model = opened();
        return given.settings.map(([mask, adapted]) => forward(model, given.ids, { mask, adapted }).logits);""",
        {"ids": ids[0].tolist(), "settings": [["causal", False], ["bidirectional", False], ["bidirectional", True]]},
        manifest,
        parts,
    )
    expected = {"practised": under(model, ids, "practised")}
    with as_it_is(adapter):
        expected |= {setting: under(model, ids, setting) for setting in ("triangle", "square")}
    for setting, logits in zip(HOW, found, strict=True):
        scale = expected[setting].abs().max()
        torch.testing.assert_close(torch.tensor(logits) / scale, expected[setting] / scale, atol=CLOSE, rtol=0)
    apart = [
        (expected[one] - expected[other]).abs().max()
        for one, other in [("triangle", "square"), ("square", "practised")]
    ]
    assert min(apart) > 0.1  # or the test could not tell them apart


def test_writing_with_the_cache_is_writing_with_whole_passes(in_page, tokenizer):
    config, stored, model = small_llama()
    texts = [[1, 9, 8], [1, 9, 8, 7], [1, 9, 8, 7, 30, 4], [1, 9, 3], [2], [1, *range(6, 33)]]
    cached, length = in_page(
        """const model = opened(), cache = makeModernCache(model);
        return [given.map((ids) => nextToken(model, ids, cache)), cache.ids.length];""",
        texts,
        *files.page_model(config, stored, tokenizer, SPECIAL),
    )
    with torch.inference_mode():
        whole = torch.stack([model(torch.tensor([ids]))[0, -1] for ids in texts])
    torch.testing.assert_close(torch.tensor(cached), whole, atol=CLOSE * whole.abs().max().item(), rtol=0)
    assert length == 28


# ---- the model that the book offers


@pytest.fixture
def smollm2():
    """SmolLM2's file, and the model as a Decoder: a new one each time, since tests put adapters beside it."""
    if (path := files.find_model()) is None:
        pytest.skip("SmolLM2 is not on this machine, and tests fetch nothing: `make book` fetches it")
    return path, load_modern(path)


@pytest.mark.slow
@pytest.mark.parametrize("n, agreeing", [(12, 12), pytest.param(200, 195, marks=pytest.mark.network)])
def test_smollm2_names_the_same_words_as_in_pytorch(in_page, smollm2, tmp_path, n, agreeing):
    """Hide a token in the middle of each sentence; float weights of the same four bits are the reference."""
    path, model = smollm2
    tokenizer = load_tokenizer(path)
    adapter = Adapter(model, rank=8, token_id=tokenizer.backend.token_to_id(files.BLANK))
    for low in adapter.low_rank:
        low.B.data = (0.005 * torch.randn(low.B.shape)).half().float()
        low.A.data = low.A.half().float()
    adapter.save(tmp_path / "adapter.safetensors", torch.float16)
    config, stored = read_packed(path)
    special = {"begin": 0, "blank": adapter.token.token_id, "ends": [0]}
    read = files.read_adapter(tmp_path / "adapter.safetensors")
    manifest, parts = files.page_model(config, stored, tokenizer, special, read)
    sentences = held_out_sentences(tokenizer, n, before="")
    for ids in sentences:
        ids[len(ids) // 2] = special["blank"]
        ids.insert(0, special["begin"])
    found, size = in_page(
        """const model = opened(), top = (logits) => logits.indexOf(Math.max(...logits));
        return [given.settings.map(([mask, adapted]) => given.sentences.map((ids) =>
          top(forward(model, ids, { mask, adapted, rows: [Math.floor((ids.length - 1) / 2)] }).logits[0]))),
          model.memory.byteLength];""",
        {"sentences": sentences, "settings": [["causal", False], ["bidirectional", False], ["bidirectional", True]]},
        manifest,
        parts,
    )
    assert size < 150e6  # bytes
    agree = {}
    for setting, words in zip(HOW, found, strict=True):
        with contextlib.nullcontext() if HOW[setting][1] else as_it_is(adapter):
            tops = [under(model, torch.tensor([ids]), setting)[(len(ids) - 1) // 2].argmax() for ids in sentences]
        agree[setting] = sum(int(top) == word for top, word in zip(tops, words, strict=True))
    print(agree)
    assert min(agree.values()) >= agreeing, agree


@pytest.mark.slow
def test_smollm2s_files_are_the_size_that_the_button_says(smollm2, tmp_path):
    start, parts = files.page_files(smollm2[0])
    assert all(len(data) <= files.PART for data in parts.values())
    assert round(sum(map(len, parts.values())) / 1e6) == files.MEGABYTES


@pytest.mark.slow
@pytest.mark.parametrize("sentence", ANSWERS)
def test_what_stands_there_first_is_what_smollm2_answers(smollm2, sentence):
    path, model = smollm2
    tokenizer, (left, right) = load_tokenizer(path), sentence.split(" _")
    blank = tokenizer.special_id(files.BLANK)
    ids = [tokenizer.eos_id, *tokenizer.encode(left), blank, *tokenizer.encode(right)]
    adapter = load_adapter(model, SHIPPED_ADAPTERS[FILLERS[SMOLLM2]])
    for setting, words in ANSWERS[sentence].items():
        mask, adapted = HOW[setting]
        with contextlib.nullcontext() if adapted else as_it_is(adapter):
            logits = under(model, torch.tensor([ids]), setting)[len(tokenizer.encode(left))]
        probs, best = logits.softmax(dim=-1).topk(5)
        assert tokenizer.tokens(best) == list(words), setting
        torch.testing.assert_close(probs, torch.tensor([*words.values()]), atol=6e-4, rtol=0)
    adapter.detach()


@pytest.mark.slow
def test_smollm2s_vocabulary_cuts_a_text_as_ours_does(in_page, smollm2):
    tokenizer, novel = load_tokenizer(smollm2[0]), corpora.novels("test")["Persuasion"]
    texts = [*ODD, *corpora.sentences(novel)[:300], novel[:3000]]
    found = in_page(
        """const tokenizer = new page.default.Tokenizer(given.vocabulary, {});
        return given.texts.map((text) => {
          const { ids } = tokenizer.encode(text, { add_special_tokens: false });
          return [ids, ids.length ? tokenizer.decode(ids, { skip_special_tokens: false,
            clean_up_tokenization_spaces: false }) : ""];
        });""",
        {"vocabulary": json.loads(tokenizer.backend.to_str()), "texts": texts},
    )
    for text, (ids, back) in zip(texts, found, strict=True):
        assert ids == tokenizer.encode(text), text
        assert back == tokenizer.decode(ids), text
