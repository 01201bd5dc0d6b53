"""The real model on a page: fetched in parts on a click, kept, and read in three ways. Here it is a small one."""

import contextlib
import threading

import pytest
import torch
from packed_weights import BLANK, as_it_is, practised, small_llama

from bertgpt import generate, load_tokenizer
from bertgpt.inference.probes import masked_by
from bertgpt.model.masks import bidirectional_mask, causal_mask
from bertgpt_book.widgets import RealModel
from bertgpt_book.widgets.engine.real import files

MASKS = {"triangle": causal_mask, "square": bidirectional_mask, "square, practised": bidirectional_mask}
LEFT, RIGHT = "The captain took his", " and walked away."


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small model with an adapter, and its files for the page."""
    torch.manual_seed(3)
    tokenizer = load_tokenizer()
    config, stored, model = small_llama(vocab_size=tokenizer.vocab_size, max_len=64)
    path = tmp_path_factory.mktemp("adapter") / "adapter.safetensors"
    adapter = practised(model, path)
    special = {"begin": tokenizer.eos_id, "blank": BLANK, "ends": [tokenizer.eos_id]}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "PART", 100_000)
        made = files.page_model(config, stored, tokenizer, special, files.read_adapter(path))
    return model, adapter, tokenizer, files.describe(*made)


@pytest.fixture
def server(server, tmp_path, small):
    files.write_real(tmp_path, *small[-1])
    (tmp_path / "book" / "_static").mkdir(parents=True)
    (tmp_path / "book" / "_static" / "engine").symlink_to(tmp_path)
    return server


def parts_sent(server):
    return [name for name in server.sent if name.endswith(".bin")]


def status(page):
    return page.locator(".fetch [role=status]")


def words(page):
    page.wait_for_function("!document.querySelector('.waits') && document.querySelector('.guesses span').textContent")
    return page.locator(".guesses b").all_inner_texts()


def expected(small, setting):
    model, adapter, tokenizer, _ = small
    before = [tokenizer.eos_id, *tokenizer.encode(LEFT)]
    ids = [*before, BLANK, *tokenizer.encode(RIGHT)]
    with torch.inference_mode(), masked_by(model, MASKS[setting](len(ids))):
        with as_it_is(adapter) if setting != "square, practised" else contextlib.nullcontext():
            logits = model(torch.tensor([ids]))[0, len(before) - 1]
    return tokenizer.decode([logits.argmax()])


def test_a_download_that_broke_goes_on_and_the_model_reads_in_three_ways(serve, server, small):
    page = serve(RealModel(sentence=f"{LEFT} _{RIGHT}", megabytes=1))
    height = "document.querySelector('figure').getBoundingClientRect().height"
    tall = page.evaluate(height)
    assert page.locator(".guesses b").all_inner_texts() == ["…"] * 5
    assert not [name for name in server.sent if name.startswith("real")]
    parts = [part["name"] for part in small[-1][0]["manifest"]["parts"]]
    server.breaks, server.damaged = {parts[2]}, {parts[4]}

    page.get_by_role("button", name="135 million parameters, 1 MB").click()
    page.get_by_role("button", name="Go on").wait_for()
    assert "The connection broke. 0.2 of" in status(page).inner_text()
    assert set(parts_sent(server)) == set(parts[:3])
    server.sent.clear()
    server.breaks = set()
    page.get_by_role("button", name="Go on").click()
    page.get_by_text(f"{parts[4]} came damaged").wait_for()
    assert parts_sent(server) == parts[2:5]
    server.damaged = set()
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("The model is here").wait_for()
    assert not set(parts_sent(server)[3:]) & set(parts[:4])

    for setting in MASKS:
        page.get_by_label(setting, exact=True).check()
        right = expected(small, setting)
        assert words(page)[0].strip("…") == right.strip()
        assert page.locator(".filled").inner_text() == f"{LEFT}{right}{RIGHT}"
        assert page.evaluate(height) == tall
    page.get_by_label("A sentence").fill("No blank here.")
    page.get_by_text("Type _ where a word is missing.").wait_for()

    server.sent.clear()
    page.reload()
    page.get_by_role("button", name="135 million").click()
    page.get_by_text("The model is here").wait_for()
    assert parts_sent(server) == []  # the browser has kept them


def test_it_stops_fetching_and_writing_where_the_reader_says_so(serve, server, small):
    model, adapter, tokenizer, _ = small
    page = serve(RealModel(opening="Anne was", temperature=0, count=12))
    on, stop = (page.locator(".actions").get_by_role("button", name=name) for name in ("Write on", "Stop"))
    assert on.is_disabled() and stop.is_disabled()
    parts = [part["name"] for part in small[-1][0]["manifest"]["parts"]]
    server.gates[parts[1]] = threading.Event()
    page.get_by_role("button", name="135 million").click()
    page.get_by_text("Fetching the model, 0.1 of").wait_for()
    page.locator(".fetch").get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped at 0.1 of 1.0 MB. What has come is kept.").wait_for()
    server.gates.pop(parts[1]).set()
    page.get_by_role("button", name="Go on").click()
    page.get_by_text("The model is here").wait_for()
    assert server.sent.count(parts[0]) == 1 and server.sent.count(parts[1]) == 2
    on.click()
    page.wait_for_function("document.querySelector('.actions button:not([disabled])').textContent === 'Write on'")
    ids = torch.tensor([[tokenizer.eos_id, *tokenizer.encode("Anne was")]])
    with adapter.off():
        written = generate(model, ids, 12, temperature=0, eos_id=tokenizer.eos_id)[0, 1:]
    assert page.locator(".written").inner_text() == tokenizer.decode(written)
    page.evaluate("Worker.prototype.postMessage = () => {}")  # the next token never comes
    on.click()
    assert on.is_disabled() and stop.is_enabled()
    field = page.get_by_label("A sentence")
    field.focus()
    stop.dispatch_event("click")
    assert on.is_enabled() and stop.is_disabled()
    assert field.evaluate("(field) => field === document.activeElement")  # what ends takes no focus


def test_the_first_sentence_is_answered_before_anything_is_fetched(show):
    page = show(RealModel())
    for setting, first in {"square, practised": "sunglasses", "triangle": "best", "square": "hair"}.items():
        page.get_by_label(setting, exact=True).check()
        page.get_by_text(f"She put on her {first} because the sun was too bright.").wait_for()
        assert words(page)[0] == first
    page.get_by_label("A sentence").fill("My _ hurts.")
    assert page.locator(".guesses b").all_inner_texts() == ["…"] * 5


def test_from_a_disk_and_on_a_small_device_it_says_why_not(show, new_context, server):
    page = show(RealModel())
    page.get_by_role("button", name="135 million").click()
    assert "python -m http.server" in status(page).inner_text()
    page = new_context().new_page()
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'deviceMemory', { get: () => 1 })")
    page.goto(f"{server.address}/page.html")
    page.get_by_role("button", name="135 million").click()
    assert "too little memory" in status(page).inner_text()
    assert not [name for name in server.sent if name.startswith("real")]
