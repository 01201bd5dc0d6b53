"""Reading one text again and again: what each way hides and asks, and a run that is stopped and goes on."""

import pytest
import second_reading as script
import torch
from runs import needs_muon

from bertgpt.evaluation.exams import whole
from bertgpt.text.batching import IGNORED
from bertgpt_book.tasks.labelled import plain_sentences


@pytest.fixture
def small(tokenizer, monkeypatch):
    """The script with a short text and a small body."""
    text = [torch.arange(900, dtype=torch.int32) % 50 + 20]
    sizes = dict(max_len=32, d_model=24, n_layers=1, n_heads=3, d_ff=48)
    few = {"LENGTH": 32, "ROWS": 4, "TEXT": 1280, "SIZES": sizes, "TEST_BATCHES": 1, "WARMUP": 3, "EVERY": 7}
    for name, value in few.items():
        monkeypatch.setattr(script, name, value)
    monkeypatch.setattr(script, "tokenizer", lambda: tokenizer)
    monkeypatch.setattr(script, "texts", lambda split: text)
    return text


@pytest.mark.parametrize("name", script.WAYS)
def test_every_way_reads_the_same_rows_and_asks_for_true_tokens(name, small, tokenizer):
    way, batch = script.WAYS[name], script.Readings(small, script.WAYS[name], 3).sample(2)
    true = script.Readings(small, script.WAYS["GPT"], 3).sample(2)["input_ids"]
    ids, labels = batch["input_ids"], batch["labels"]
    hidden, asked = ids == tokenizer.mask_id, labels != IGNORED
    assert torch.equal(ids[~hidden], true[~hidden]) and torch.equal(labels[asked], true[asked])
    assert not hidden[:, 0].any() and not asked[:, 0].any()
    counts = hidden.sum(dim=1).tolist()
    if way.any_rate:
        assert len(set(counts)) > 1
    else:
        assert counts == [round(31 * (way.holes or way.arm.rate or 0))] * 4
    assert asked[:, 1:].all() if way.arm.order == "causal" else torch.equal(asked, hidden)


@needs_muon
@pytest.mark.slow
def test_a_run_that_was_stopped_ends_as_one_that_was_not(small, tmp_path):
    way, ended = script.WAYS["GPT, dropout"], []

    def train(steps, trunk):
        torch.manual_seed(0)
        config = script.TransformerConfig.gpt(vocab_size=script.tokenizer().vocab_size, dropout=0.1, **script.SIZES)
        model = script.Both(config)
        script.train(steps, way, model, 0, trunk)
        return [p.detach() for p in model.parameters()]

    ended.append(train(20, tmp_path / "whole"))
    train(10, tmp_path / "parts")  # leaves what longer budgets share
    assert list(tmp_path.glob("parts-*"))
    ended.append(train(20, tmp_path / "parts"))
    for one, other in zip(*ended, strict=True):
        torch.testing.assert_close(one, other)


@needs_muon
@pytest.mark.slow
def test_a_row_is_made_small(small, monkeypatch, tmp_path):
    monkeypatch.setattr(script.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(script, "plain_sentences", lambda: plain_sentences()[:2])
    pairs = [(whole(f"A {who} runs."), whole(f"A {who} run.")) for who in ("man", "dog", "girl")]
    monkeypatch.setattr(script.exams, "drawn", lambda *_: {"p": pairs, "q": pairs[1:]})
    windows = torch.arange(64).view(2, 32) + 20
    pairs_of_ours = {"likely word": script.MinimalPairs(windows, windows.roll(1, 0), torch.full((2, 1), 9))}
    monkeypatch.setattr(script, "minimal_pairs", lambda: pairs_of_ours)
    for name in ("GPT, 15 % hidden", "BERT, any rate"):
        row = script.run(name, 1, 0)
        assert row["tokens"] == 1280 and row["own"].keys() == {"train", "test"}
        assert 0 <= row["zorro"]["mean"] <= 100 and len(row["minimal_pairs"]["likely word"]) == 2
