"""The models that ship with the package: their cards are true of their files, and transformers opens them."""

import pytest
import samples
import torch
from cards import COUNTS, at_blanks, draw_positions, next_tokens, spread_rows, tables
from safetensors import safe_open
from ship import filled, made
from transformers import AutoModelForPreTraining, AutoTokenizer

from bertgpt.assets import SHIPPED
from bertgpt.text import corpora
from bertgpt.text.data import encode_documents
from bertgpt.weights.loading import load_model
from bertgpt.weights.pretrained import load_tokenizer
from bertgpt_book.modern.adapters import SHIPPED_ADAPTERS
from bertgpt_book.records import load_results, recorded

every_model = pytest.mark.parametrize("name", SHIPPED)


def training(name):
    """Look up how a model was made: -> its row of the record."""
    (row,) = (row for row in load_results("shipped_training")["rows"] if "little" + row["model"].lower() == name)
    return row


@every_model
def test_the_card_says_what_the_records_say_of_the_weights_that_are_there(name):
    card = (SHIPPED[name] / "README.md").read_text(encoding="utf-8")
    assert filled(card, "made", made(training(name), SHIPPED[name] / "model.safetensors")) == card
    assert filled(card, "figures", tables(recorded("cards")[name])) == card
    if name in recorded("samples"):
        assert filled(card, "samples", samples.block(recorded("samples")[name])) == card


def test_the_adapter_is_small_and_its_card_counts_its_numbers():
    (path,) = SHIPPED_ADAPTERS.values()
    card = (path.parent / "README.md").read_text(encoding="utf-8")
    with safe_open(path, "pt") as file:
        tensors = [file.get_tensor(name) for name in file.keys()]
    assert {tensor.dtype for tensor in tensors} == {torch.float16} and path.stat().st_size <= 5e6
    assert f"{sum(tensor.numel() for tensor in tensors):,} numbers" in card


@pytest.mark.slow
@pytest.mark.parametrize("row", list(samples.rows()), ids=lambda row: row.name)
def test_a_model_still_gives_the_samples_on_its_card(row):
    kept = recorded("samples")[row.name]
    assert row.make().items() <= kept.items()


@pytest.mark.slow
@every_model
def test_a_model_is_as_good_as_its_card_says(name, tokenizer):
    model, figures = load_model(name), recorded("cards")[name]
    (ids,) = encode_documents(corpora.novels("test"), tokenizer)
    if name != "littlebert":
        nats, _ = next_tokens(model, ids, COUNTS["windows"])
        assert nats.mean().item() == pytest.approx(figures["next token, nats"]["Persuasion"]["mean"], abs=0.01)
    if name != "littlegpt":
        rows = spread_rows(ids, COUNTS["rows"])
        nats = at_blanks(model, tokenizer, rows, draw_positions(tokenizer, rows, 0.15))
        assert nats.mean().item() == pytest.approx(figures["15 % hidden, nats"]["Persuasion"]["mean"], abs=0.01)


@every_model
def test_the_folder_has_the_tokenizer_with_which_transformers_cuts_a_text_as_we_do(name, tokenizer):
    """Without the file AutoTokenizer says nothing, and gives [UNK] for every word."""
    text = " Anne hoped she had outlived the age of blushing; naïve, 1,000 ☂"
    theirs = AutoTokenizer.from_pretrained(SHIPPED[name])(text)["input_ids"]
    ids = tokenizer.encode(text)
    assert theirs == ([tokenizer.cls_id, *ids, tokenizer.sep_id] if name == "littlebert" else ids)
    assert load_tokenizer(SHIPPED[name]).encode(text) == load_tokenizer(name).encode(text) == ids


@pytest.mark.slow
@every_model
def test_transformers_opens_the_folder_and_gives_the_same_outputs(name, tokenizer):
    ours, theirs = load_model(name), AutoModelForPreTraining.from_pretrained(SHIPPED[name]).eval()
    ids = torch.tensor([tokenizer.encode(" Anne hoped she had outlived the age of blushing; but the age of emotion")])
    with torch.inference_mode():
        answers = theirs(ids)
        if name == "littlebert":
            mlm_logits, nsp_logits = ours(ids)
            torch.testing.assert_close(mlm_logits, answers.prediction_logits, atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(nsp_logits, answers.seq_relationship_logits, atol=1e-4, rtol=1e-4)
        else:
            torch.testing.assert_close(ours(ids), answers.logits, atol=1e-4, rtol=1e-4)
