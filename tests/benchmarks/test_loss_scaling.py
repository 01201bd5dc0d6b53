"""Loss against tokens and size: a row is made again at a few steps, and a stopped experiment goes on."""

import loss_scaling
import pytest
import torch
from runs import needs_muon

from bertgpt.book.records import load_results

SEED = 0


@needs_muon
@pytest.mark.parametrize("kind", loss_scaling.LOSS)
def test_a_row_comes_out_the_same_again_and_lower_with_more_steps(kind, tokenizer, monkeypatch):
    monkeypatch.setattr(loss_scaling, "ROWS", 2)
    monkeypatch.setattr(loss_scaling, "LENGTH", 16)
    documents = [torch.arange(5, 25).repeat(20)]           # a text that says the same again and again
    few, again, more = (loss_scaling.run(kind, 64, steps, SEED, tokenizer, documents, documents) for steps in (3, 3, 9))
    assert few.pop("seconds") and again.pop("seconds") and few == again
    assert more["loss"] < few["loss"] < 9.5                # ln 8192 = 9.01
    assert (few["tokens"], few["layers"], more["tokens"]) == (3 * 2 * 16, 2, 9 * 2 * 16)
    assert few["block_parameters"] == 2 * (12 * 64 ** 2 + 13 * 64)


def test_what_was_recorded_is_not_made_again(tmp_path, monkeypatch):
    made = []

    def run(kind, width, steps, seed, *texts):
        made.append((kind, width, steps, seed))
        return dict(zip(("model", "width", "steps", "seed"), made[-1]))

    monkeypatch.setattr(loss_scaling, "run", run)
    monkeypatch.setattr(loss_scaling, "encode_documents", lambda *_: [])
    for kinds in (["GPT"], ["BERT", "GPT"]):
        monkeypatch.setattr("sys.argv", ["loss_scaling.py", "--only", *kinds, "--widths", "64", "128", "--steps", "10",
                                         "--out", str(tmp_path)])
        loss_scaling.main()
    assert made == [("GPT", 64, 10, 0), ("GPT", 128, 10, 0), ("BERT", 64, 10, 0), ("BERT", 128, 10, 0)]
    assert [loss_scaling.key(row) for row in load_results("loss_scaling", tmp_path)["rows"]] == made
