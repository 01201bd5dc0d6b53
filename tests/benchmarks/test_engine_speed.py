"""The graphs that onnxruntime-web is timed on are our models: the same numbers from the same weights."""

import pytest
import torch
from packed import as_packed
from reference import draw_ids, seeded, tiny_bert, tiny_gpt

from bertgpt import GPT, TransformerConfig
from bertgpt.book.widgets.engine import pack as packing

onnx = pytest.importorskip("onnx", reason="only benchmarks need it: pip install -r benchmarks/requirements.txt")


@pytest.mark.parametrize("build", [tiny_bert, tiny_gpt])
def test_a_graph_gives_what_the_model_gives(build):
    from onnx.reference import ReferenceEvaluator
    from onnx_models import graph_of, with_engine_numbers

    model = with_engine_numbers(build())
    ids = draw_ids(1, 5)
    with torch.inference_mode():
        found = model(ids)
    expected = (found[0] if isinstance(found, tuple) else found)[0]                        # (T, V)
    mask = torch.zeros(5, 5)
    if build is tiny_gpt:
        mask = mask.masked_fill(~torch.ones(5, 5, dtype=torch.bool).tril(), -torch.inf)
    made = graph_of(model, 5)
    onnx.checker.check_model(made)
    logits = ReferenceEvaluator(made).run(None, {"ids": ids[0].numpy(), "mask": mask.numpy()})[0]
    torch.testing.assert_close(torch.from_numpy(logits).float(), expected, atol=1e-4, rtol=1e-4)


def test_a_graph_has_the_numbers_that_the_page_has(monkeypatch):
    """Also where steps were lengthened until the model fitted."""
    from onnx_models import with_engine_numbers

    config = TransformerConfig.gpt(vocab_size=37, max_len=13, d_model=32, n_layers=2, n_heads=4, d_ff=48)
    model = seeded(lambda: GPT(config))
    monkeypatch.setattr(packing, "MOST", len(packing.pack(model)) - 100)
    page = as_packed(model)
    for name, parameter in with_engine_numbers(model).named_parameters():
        torch.testing.assert_close(parameter.data, page.get_parameter(name).data, atol=1e-6, rtol=1e-6)


def test_a_row_is_of_one_step_and_says_how_long_it_may_take():
    from engine_speed import row_of

    found = {"seconds": {"ours": [0.64, 0.32, 0.96], "theirs": [3.2, 3.2, 3.2]}, "same": 31}
    row = row_of("a new token", "whole passes", found, at_most=0.015, each=32)
    assert (row["ours"], row["theirs"], row["ratio"], row["at_most"], row["goal"]) == (0.02, 0.1, 5.0, 0.015, None)
    with pytest.raises(AssertionError, match="29 of 32 rows"):
        row_of("a new token", "whole passes", found | {"same": 29}, at_most=0.015)
