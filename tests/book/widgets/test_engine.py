"""The engine against PyTorch: the same ids, the same words, the same attention, under any mask; and its size."""

import gzip
import hashlib
import json
import subprocess
from dataclasses import make_dataclass
from itertools import groupby
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from packed import ODD, as_packed, held_out_sentences
from reference import seeded

from bertgpt import GPT, BERTForPreTraining, bidirectional_mask, causal_mask, prefix_mask
from bertgpt.assets import SHIPPED
from bertgpt.inference import probes
from bertgpt.model.both import Both
from bertgpt.model.config import TransformerConfig
from bertgpt.text import corpora
from bertgpt.weights.loading import load_model
from bertgpt_book.widgets.engine import files
from bertgpt_book.widgets.engine import pack as packing
from bertgpt_book.widgets.engine.pack import pack

FOLDER = Path(files.__file__).parent
ROOT = Path(__file__).resolve().parents[3]
COMPILER = ROOT / "node_modules" / "assemblyscript" / "bin" / "asc.js"
MASKS = {"bidirectional": bidirectional_mask, "causal": causal_mask, "prefix": lambda n: prefix_mask(n, n // 2)}

FILES = ("engine/arithmetic.js", "engine/model.js", "engine/engine.js", "engine/vendor/tokenizers.min.cjs")
START = """const { gunzipSync } = await import("node:zlib");
const { openModel, forward, makeCache, next, makeEngine } = page, wasm = read("engine/matmul.wasm");
const unpacked = (name) => new Uint8Array(gunzipSync(readFileSync(name)));
"""


@pytest.fixture
def in_engine(in_node, tmp_path):
    """in_engine(script, given, name=model, ...) runs a script with the engine's modules: -> what it returns."""

    def run(script: str, given=None, **models):
        for name, model in models.items():
            (tmp_path / name).write_bytes(pack(model))
        return in_node(FILES, START + script, given)

    return run


def small(kind, **sizes):
    config = TransformerConfig.bert if kind is BERTForPreTraining else TransformerConfig.gpt
    sizes = dict(vocab_size=37, max_len=13, d_model=32, n_layers=2, n_heads=4, d_ff=48) | sizes
    return seeded(lambda: kind(config(**sizes)))


@torch.inference_mode()
def under(model, ids, mask, maps=True):
    """Run a model under any mask (T, S): ids (B, T) -> logits (B, T, V), and attention (B, L, H, T, S) with maps."""
    with probes.masked_by(model, mask):
        logits = model(ids)
        logits = logits[0] if isinstance(logits, tuple) else logits
        return logits, probes.attention_maps(model, ids).transpose(0, 1) if maps else None


# ---- one pass


def test_a_model_with_an_option_that_the_engine_does_not_know_is_refused():
    Newer = make_dataclass("Newer", [("qkv_bias", bool, False)], bases=(TransformerConfig,), frozen=True)
    model = small(GPT)
    model.config = Newer(**vars(model.config))
    with pytest.raises(ValueError, match="the page's engine does not know qkv_bias: teach model.js"):
        pack(model)


def test_a_pass_is_pytorchs(in_engine):
    """Small untrained models of every shape: odd sizes, both norm orders, three activations, tied and untied."""
    models = {
        "bert": small(BERTForPreTraining),
        "gpt": small(GPT),
        "both": small(Both, activation="relu", tie_embeddings=False),
    }
    drawn = torch.rand(7, 7) < 0.5
    drawn[2] = False  # a token that may attend to nobody
    ids = torch.tensor([5, 30, 2, 36, 11, 0, 7])
    masks = {kind: mask(7) for kind, mask in MASKS.items()} | {"painted": drawn}
    sent = {"painted": drawn.tolist(), "prefix": 3}
    cases = [(name, kind) for name in models for kind in masks]
    given = [dict(name=name, ids=ids.tolist(), mask=sent.get(kind, kind)) for name, kind in cases]
    passes = in_engine(
        "return given.map(({ name, ids, mask }) => forward(openModel(unpacked(name), wasm), ids, { mask }));",
        given,
        **models,
    )
    for (name, kind), found in zip(cases, passes, strict=True):
        [logits], [attention] = under(as_packed(models[name]), ids[None], masks[kind])
        torch.testing.assert_close(torch.tensor(found["logits"]), logits, atol=2e-5, rtol=2e-4)
        weights = torch.tensor(found["attention"]).view_as(attention)
        torch.testing.assert_close(weights, attention, atol=2e-6, rtol=1e-4)
        assert torch.equal(weights == 0, ~masks[kind].expand_as(weights))
        assert len(found["hidden"]) == 3


# ---- what a model weighs


# ---- the shipped models


@pytest.mark.slow
def test_two_hundred_sentences_have_the_same_words_and_attention(in_engine, tokenizer):
    """Hide a word of each from BERT, take the next word of GPT.

    Where the engine names another word, PyTorch finds the two nearly as probable.
    """
    shipped = {name: load_model(name) for name in SHIPPED}
    cases, expected, sentences = [], [], sorted(held_out_sentences(tokenizer, 200), key=len)
    for name, model in shipped.items():
        for length, alike in groupby(sentences, key=len):
            ids, row = torch.tensor(list(alike)), length // 2  # (B, T)
            if hasattr(model, "mlm_head"):
                ids[:, row] = tokenizer.mask_id
                ids = F.pad(F.pad(ids, (1, 0), value=tokenizer.cls_id), (0, 1), value=tokenizer.sep_id)
                row += 1
            for kind, mask in MASKS.items():
                order = ids.size(1) // 2 if kind == "prefix" else kind
                logits, _ = under(model, ids, mask(ids.size(1)), maps=False)
                _, attention = under(model, ids[:2], mask(ids.size(1)))
                for at, sentence in enumerate(ids.tolist()):
                    cases.append(dict(name=name, ids=sentence, mask=order, row=row, kind=kind, maps=at < 2))
                    expected.append((logits[at, row].clone(), attention[at] if at < 2 else None))
    found = in_engine(
        """const models = Object.fromEntries([...new Set(given.map(({ name }) => name))].map((name) =>
          [name, openModel(unpacked(name), wasm)]));
        return given.map(({ name, ids, mask, row, maps }) => {
          const { logits, attention } = forward(models[name], ids, { mask, rows: [row] });
          return { top: logits[0].indexOf(Math.max(...logits[0])), attention: maps && attention };
        });""",
        cases,
        **shipped,
    )
    agree = dict.fromkeys(((name, kind) for name in SHIPPED for kind in MASKS), 0)
    for case, answer, (logits, attention) in zip(cases, found, expected, strict=True):
        agree[case["name"], case["kind"]] += answer["top"] == int(logits.argmax())
        assert (logits[answer["top"]] - logits.max()).exp() > 0.9
        if case["maps"]:
            weights = torch.tensor(answer["attention"]).view_as(attention)
            assert (weights - attention).abs().max() <= 0.01
    assert min(agree.values()) >= 198, agree


def test_the_tokenizers_ids_are_ours(in_engine, tokenizer):
    novel = corpora.novels("test")["Persuasion"]
    texts = [*ODD, *corpora.sentences(novel)[:300], novel[:3000]]
    found = in_engine(
        """const { vocabulary, texts } = given;
        const engine = makeEngine({ Tokenizer: page.default.Tokenizer, vocabulary, wasm });
        const cut = texts.map((text) => engine.encode(text));
        return [engine.special, ...cut.map((each) => ({ ...each, text: engine.decode(each.ids) }))];""",
        {"vocabulary": json.loads(tokenizer.backend.to_str()), "texts": texts},
    )
    assert found.pop(0) == {name: getattr(tokenizer, f"{name}_id") for name in ("pad", "cls", "sep", "mask", "eos")}
    for text, answer in zip(texts, found, strict=True):
        assert answer["ids"] == tokenizer.encode(text), text
        assert answer["tokens"] == tokenizer.tokens(answer["ids"]), text
        assert answer["text"] == tokenizer.decode(answer["ids"]), text


# ---- writing


@pytest.mark.slow
def test_writing_with_the_cache_is_writing_with_whole_passes(in_engine):
    """Continue, go back, start again: the cache keeps what the new ids begin with, and nothing else."""
    kept, cached, whole = in_engine(
        """const model = openModel(unpacked("gpt"), wasm), cache = makeCache(model);
        const passes = given.map((ids) => next(model, ids, cache)), rows = passes.map(({ logits }) => logits);
        return [passes.map((pass) => pass.kept), ...[rows, given.map((ids) =>
          forward(model, ids, { rows: [ids.length - 1] }).logits[0])]
          .map((all) => all.map((logits) => logits.slice(0, 50)))];""",
        [[9, 8, 7], [9, 8, 7, 6], [9, 8, 7, 6, 5, 4, 3], [9, 8, 1], [9, 8, 1], [2], list(range(100, 228))],
        gpt=load_model("littlegpt"),
    )
    assert kept == [0, 3, 4, 2, 2, 0, 0]
    torch.testing.assert_close(torch.tensor(cached), torch.tensor(whole), atol=1e-4, rtol=1e-4)


# ---- what is shipped


@pytest.mark.slow
def test_the_files_are_written_once_and_small(tmp_path):
    assert files.write_engine(tmp_path, "one") and not files.write_engine(tmp_path, "one")
    scripts = {path.stem: path.read_bytes() for path in tmp_path.glob("*.js")}
    for name in SHIPPED:
        parts = [text for stem, text in scripts.items() if stem.startswith(f"{name}.")]
        assert len(parts) > 5 and sum(len(gzip.compress(part)) for part in parts) <= 1.01 * packing.MOST
    (tmp_path / "littlebert.0.00.js").write_text("old")
    assert files.write_engine(tmp_path, "two")
    assert {path.stem: path.read_bytes() for path in tmp_path.glob("*.js")} == scripts


@pytest.mark.slow
@pytest.mark.skipif(not COMPILER.exists(), reason="no AssemblyScript: npm ci installs it")
@pytest.mark.parametrize("name", ["matmul", "training/kernels", "real/kernels"])
def test_the_fast_functions_are_built_from_their_sources(tmp_path, name):
    built = tmp_path / "built.wasm"
    scripts = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert f"engine/{name}.ts -o" in scripts["build:engine"] and f"engine/{name}.wasm" in scripts["build:engine"]
    command = scripts["asc"].replace("asc ", f"node {COMPILER} ").split()
    subprocess.run([*command, str((FOLDER / f"{name}.ts").relative_to(ROOT)), "-o", str(built)], cwd=ROOT, check=True)
    assert built.read_bytes() == (FOLDER / f"{name}.wasm").read_bytes()


def test_the_tokenizer_is_the_published_one_with_its_licence():
    about = (FOLDER / "vendor" / "README.md").read_text(encoding="utf-8")
    digest = hashlib.sha256((FOLDER / "vendor" / "tokenizers.min.cjs").read_bytes()).hexdigest()
    assert digest in about and "0.2.0" in about
    assert "Apache License" in (FOLDER / "vendor" / "LICENSE").read_text(encoding="utf-8")
