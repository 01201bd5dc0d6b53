"""SmolLM2 itself, where it was fetched before: our numbers beside transformers' own reading of the same file."""

import re

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoTokenizer

from bertgpt import fill_mask, generate, load_tokenizer
from bertgpt.text.corpora import CORPORA
from bertgpt.training.recipes import read_texts
from bertgpt_book.modern import load_modern
from bertgpt_book.modern.adapters import SHIPPED_ADAPTERS
from bertgpt_book.modern.gguf import gguf_file
from bertgpt_book.modern.open_mask import FILLERS, open_mask
from bertgpt_book.modern.wheels import SMOLLM2, cache_folder
from bertgpt_book.records import load_results
from bertgpt_book.tasks.labelled import right_side_sentences

pytestmark = pytest.mark.slow

TEXTS = ["Today, I went to", "The cat sat on the mat because it was", "In 1789 the people of Paris"]


@pytest.fixture(scope="module")
def path():
    folder = cache_folder() / SMOLLM2
    if not folder.exists():
        pytest.skip('the weights are not on this machine: python -m bertgpt generate smollm2 "Today" fetches them')
    return gguf_file(folder)


@pytest.fixture(scope="module")
def ours(path):
    return load_modern(path)


@pytest.fixture(scope="module")
def tokenizer(path):
    return load_tokenizer(path)


@pytest.fixture(scope="module")
def theirs(path):
    return AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()


@pytest.fixture(scope="module")
def their_tokenizer(path):
    return AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("side", ["none", "left", "right"])
@torch.inference_mode()
def test_its_logits_are_transformers(attention, side, ours, theirs, tokenizer):
    rows = [tokenizer.encode(text) for text in TEXTS]
    n_tokens = min(map(len, rows)) if side == "none" else max(map(len, rows))
    ids, mask = torch.zeros(len(rows), n_tokens, dtype=torch.long), torch.zeros(len(rows), n_tokens, dtype=torch.long)
    for row, text_ids in enumerate(rows):
        length = min(len(text_ids), n_tokens)
        at = slice(n_tokens - length, None) if side == "left" else slice(length)
        ids[row, at], mask[row, at] = torch.tensor(text_ids[:length]), 1
    theirs.set_attn_implementation(attention)
    expected, logits = theirs(ids, attention_mask=mask).logits[mask == 1], ours(ids, attention_mask=mask)[mask == 1]
    assert ((logits - expected).abs().max() / expected.abs().max()).item() < 1e-5


@pytest.mark.parametrize("use_cache", [True, False])
def test_greedy_text_is_transformers(use_cache, ours, theirs, tokenizer):
    ids = torch.tensor([tokenizer.encode(TEXTS[0])])
    theirs.set_attn_implementation("sdpa")
    expected = theirs.generate(ids, max_new_tokens=50, do_sample=False, eos_token_id=None)
    assert torch.equal(generate(ours, ids, 50, temperature=0, use_cache=use_cache), expected)


def test_its_tokens_are_transformers(their_tokenizer, tokenizer):
    """But where a number follows two spaces: they split as GPT-2 does; SmolLM2 was trained with each digit apart."""
    texts = [
        "def f(x):\n    return x[0] ** 2\n",
        "Ünïcödé 中文 👍🏽 \u200d",
        "12,345.67 in 1999 a <|im_start|>user\nHi<|im_end|>",
    ]
    for name in CORPORA:
        whole = "\n".join(read_texts(name)["test"].values())
        texts += [whole[start : start + 200] for start in range(0, len(whole), 1 + len(whole) // 100)]
    texts = [text for text in texts if not re.search(r"\s\s\d", text)]
    assert len(texts) > 300
    expected = their_tokenizer(texts, add_special_tokens=False).input_ids
    assert [text for text, ids in zip(texts, expected) if tokenizer.encode(text) != ids] == []
    assert tokenizer.tokens(tokenizer.encode("a   12")) == ["a", "   ", "1", "2"]


def test_a_conversation_is_written_as_transformers_writes_it(their_tokenizer, tokenizer):
    for system in ([], [{"role": "system", "content": "Be brief."}]):
        messages = [*system, {"role": "user", "content": "What is a mask?"}]
        expected = their_tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        assert tokenizer.chat(messages) == expected and expected.endswith("<|im_start|>assistant\n")


def test_with_the_shipped_adapter_it_fills_blanks_as_recorded(ours, tokenizer):
    opened, vocabulary = open_mask(ours, tokenizer, FILLERS[SMOLLM2])
    with safe_open(SHIPPED_ADAPTERS[FILLERS[SMOLLM2]], "pt") as file:
        arm, steps = (file.metadata()[key] for key in ("arm", "steps"))
    rows = load_results("open_a_real_mask")["rows"]
    judged = next(row["judged"][steps] for row in rows if row["arm"] == arm and steps in row["judged"])
    texts = [f"{item.left} [MASK]{item.right}" for item in right_side_sentences()[:24]]
    answers = [fill_mask(opened, vocabulary, text, 1)[0][0][0].strip().lower() for text in texts]
    kept = judged["right: first answers"].split()[:24]
    assert sum(one == other for one, other in zip(answers, kept)) >= 23 and "dog" in answers  # a tie may fall elsewhere
