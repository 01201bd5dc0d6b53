"""The leak meter: what is open or closed by mistake, in any way to run a model, and what cannot be measured."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from reference import hf_bert, hf_gpt, tiny_bert, tiny_gpt
from sizes import S
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

import leak_meter
from bertgpt import GPT, KVCache, TransformerConfig, padding_mask
from leak_meter import assert_reads, audit, declared, faults, parts, tiny_models

SIZES = dict(vocab_size=29, max_len=11)


def two_passes(model, ids, mask, split):
    """Read the first tokens, then the others beside our cache of the first: -> (B, T, V) each."""
    cache = [KVCache() for _ in model.blocks]
    first = model(ids[:, :split], attention_mask=mask[:, :split], cache=cache)
    return [first, model(ids[:, split:], attention_mask=mask, cache=cache)]


OURS = dict(cached=two_passes)


def shapes(ways):
    return {way.shape for way in ways}


def made(kind, **changes):
    """Make a kind of GPT, tiny and random."""
    torch.manual_seed(0)
    small = dict(vocab_size=29, max_len=11, d_model=8, n_layers=2, n_heads=2, d_ff=12, dropout=0.0)
    return kind(TransformerConfig.gpt(**small | changes))


def fault(model, expect, **named) -> str:
    """Measure a model: -> its first fault."""
    return faults(audit(model, expect, **named), expect)[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    "model, expect, named, n_ways",
    [
        (tiny_gpt(**SIZES), "triangle", OURS, 9),
        (tiny_bert(**SIZES), "square", {"skip": ["left"]}, 4),
        (hf_gpt(vocab_size=29, n_positions=11), None, {}, 18),
        (hf_bert(vocab_size=29, max_position_embeddings=11), None, {}, 12),
    ],
)
def test_a_model_has_one_shape_in_every_way_that_it_offers(model, expect, named, n_ways):
    ways = audit(model, expect, **named)
    assert shapes(ways) == {expect or declared(model)} and len(ways) == n_ways
    assert_reads(model, expect, **named)
    other = {"square": "triangle", "triangle": "square"}[expect or declared(model)]
    with pytest.raises(AssertionError, match="OPEN" if other == "triangle" else "CLOSED"):
        assert_reads(model, other, **named)


class AloneIsCausal(GPT):
    """A fault that LLM2Vec had: bidirectional, but for a batch of one text."""

    def forward(self, input_ids, *, attention_mask=None, cache=None):
        self.batch_size = len(input_ids)
        return super().forward(input_ids, attention_mask=attention_mask, cache=cache)

    def build_mask(self, attention_mask, n_queries):
        causal = super().build_mask(attention_mask, n_queries)
        return causal if self.batch_size == 1 else torch.ones_like(causal)


def faulty(build_mask):
    """Make a kind of GPT with another mask: build_mask(model, attention_mask, the causal mask) -> the mask."""
    own = GPT.build_mask
    return type("Faulty", (GPT,), {"build_mask": lambda model, real, n: build_mask(model, real, own(model, real, n))})


Open = faulty(lambda model, real, causal: padding_mask(real))
CachedIsBidirectional = faulty(lambda model, real, causal: causal | (causal.size(-2) < causal.size(-1)))
# keras #23038: the path that knows dropout forgets the causal mask.
OpenInTraining = faulty(lambda model, real, causal: padding_mask(real) if model.training else causal)
# transformers #42820, the other way round candle #3567: a mask is only built where something is padded.
MaskedWherePadded = faulty(lambda model, real, causal: causal if real.all() else padding_mask(real))
NarrowerWherePadded = faulty(lambda model, real, causal: causal & ~causal.tril(-2 - int(real.all())))


@pytest.mark.parametrize(
    "kind, expect, verdict",
    [
        (AloneIsCausal, "triangle", "OPEN in 6 of 9 ways"),
        (CachedIsBidirectional, "triangle", "OPEN in 3 of 9 ways. The worst: cache"),
        (OpenInTraining, "triangle", "OPEN in 3 of 12 ways. The worst: dropout"),
        (MaskedWherePadded, "square", "CLOSED in 2 of 6 ways. The worst: one text, no padding: triangle"),
        (MaskedWherePadded, "triangle", "OPEN in 6 of 9 ways. The worst: one text, left: square"),
    ],
)
def test_a_fault_in_some_ways_only_is_found_and_comes_first(kind, expect, verdict):
    model = made(kind, dropout=0.1 * (kind is OpenInTraining))
    found = faults(audit(model, expect, **OURS), expect)
    assert found[0].startswith(verdict) and found[-1].startswith("NOT THE SAME in all ways"), found


def test_a_reranker_that_gives_every_text_one_score_is_found():
    """sglang #35434: causal by its mask argument, every document scored 2.611."""
    config = BertConfig(vocab_size=29, hidden_size=8, num_hidden_layers=2, num_attention_heads=2, intermediate_size=12)
    torch.manual_seed(0)
    assert_reads(BertForSequenceClassification(config))
    assert_reads(BertForSequenceClassification(config), "all", skip=["dropout", "a batch"])
    config.is_decoder = True
    ways = audit(BertForSequenceClassification(config))
    assert faults(ways, None)[0].startswith("CLOSED in 15 of 18 ways")
    assert {way.shape for way in ways if way.setting[2] == "no padding"} == {"unread 2 3 4 5 6 7"}


def test_bands_of_two_widths_are_bands_but_not_the_same():
    ways = audit(made(NarrowerWherePadded, n_layers=1), "band", skip=["left"])
    assert faults(ways, "band") == ["NOT THE SAME in all ways: band of 3 in 2, band of 2 in 2"]
    assert fault(made(NarrowerWherePadded, n_layers=1), "band of 3", skip=["left"]).startswith("CLOSED in 2 of 4 ways")


class NeedsAMask(GPT):
    """A GPT that refuses the way that is tried first, without an attention mask, and gives NaN after padding."""

    def forward(self, input_ids, *, attention_mask=None, cache=None):
        if attention_mask is None:
            raise ValueError("give an attention mask")
        logits = super().forward(input_ids, attention_mask=attention_mask, cache=cache)
        return logits if attention_mask[0, 0] else logits * torch.nan


def test_what_cannot_be_measured_comes_last_is_said_and_is_no_pass():
    ways = audit(made(NeedsAMask), "triangle", **OURS)
    assert [way.shape for way in ways] == ["triangle"] * 4 + ["not measured"] * 5
    assert {way.problem for way in ways[4:]} == {"an output is NaN or infinite", "ValueError: give an attention mask"}
    assert faults(ways, "triangle")[0].startswith("NOT MEASURED in 5 of 9 ways. The worst: one text, no padding: Value")
    with pytest.raises(AssertionError, match="NOT MEASURED"):
        assert_reads(made(NeedsAMask), "triangle", **OURS)
    assert_reads(made(NeedsAMask), "triangle", **OURS, skip=["left", "one text", "a batch"])


def nan_gpt():
    model = made(GPT)
    model.final_norm.weight.data.fill_(torch.nan)
    return model


@pytest.mark.parametrize(
    "make, reason",
    [
        (nan_gpt, "GPT can be measured in no way: an output is NaN or infinite"),
        (lambda: made(GPT, max_len=S - 1), f"GPT can be measured in no way: .*{S - 1}"),
        (lambda: made(GPT, vocab_size=1), "a vocabulary of 1 tokens is too small: give 8"),
        (lambda: nn.Linear(3, 3), "a vocabulary of 0 tokens is too small: give 8"),
    ],
)
def test_a_model_that_cannot_be_measured_is_refused_with_the_reason(make, reason):
    with pytest.raises(ValueError, match=reason):
        audit(make())


def test_a_triangle_is_no_prefix_and_a_square_no_band():
    assert fault(made(GPT), "prefix").startswith("CLOSED in 6 of 6")
    assert fault(made(Open), "two-sided band").startswith("OPEN in 6 of 6")


@pytest.mark.parametrize("expect", ["sqare", "prefix of 9", "all"])
def test_a_shape_that_there_is_not_is_refused(expect):
    with pytest.raises(ValueError, match=f"7 outputs of 7 tokens have no shape called '{expect}'"):
        audit(made(GPT), expect)


class Loud(Open):
    """A bidirectional GPT with large outputs."""

    def forward(self, input_ids, *, attention_mask=None):
        return super().forward(input_ids, attention_mask=attention_mask).repeat(1, 1, 1_000) * 10_000


def test_half_precision_hides_no_leak_and_the_model_stays_as_it_is():
    model = made(Loud).half().train()
    assert fault(model, "triangle").startswith("OPEN in 6 of 6")
    assert model.training and {p.dtype for p in model.parameters()} == {torch.float16}
    assert_reads(made(GPT).bfloat16(), "triangle")


class Plain(nn.Module):
    """A module of torch with no configuration: an embedding, and a layer over time."""

    def __init__(self, layer):
        super().__init__()
        self.table, self.layer = nn.Embedding(29, 8), layer

    def forward(self, ids):
        return self.layer(self.table(ids))


def test_a_plain_module_of_torch_is_measured():
    assert_reads(Plain(nn.LSTM(8, 8, batch_first=True)), "triangle")
    assert_reads(Plain(nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)), "square")
    assert_reads(nn.LSTM(3, 3, batch_first=True), "triangle", tokens=torch.randn(8, 3))
    both_ways = Plain(nn.LSTM(8, 8, batch_first=True, bidirectional=True))
    assert shapes(audit(both_ways)) == {"square"} and not faults(audit(both_ways), None)
    with pytest.raises(AssertionError, match="OPEN in 2 of 2 ways"):
        assert_reads(both_ways, "triangle")


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind, classes, expected",
    [
        ("bart", "BartForConditionalGeneration BartEncoder BartForCausalLM", "triangle square triangle"),
        ("t5", "T5ForConditionalGeneration T5Stack", "triangle square"),
        ("recurrent_gemma", "RecurrentGemmaForCausalLM", "triangle"),  # one layer in three has attention
        ("jamba", "JambaForCausalLM", "triangle"),  # one in eight
    ],
)
def test_a_type_of_transformers_is_made_tiny_and_measured(kind, classes, expected):
    measured = [pair for model in tiny_models(kind) for pair in parts(model, None)]
    assert " ".join(type(model).__name__ for model, _ in measured) == classes
    assert " ".join(shape for _, shape in measured) == expected
    for model, shape in measured:
        assert_reads(model, shape, skip=["dropout", "a batch"])


def test_a_type_that_no_tiny_sizes_fit_is_refused():
    with pytest.raises(ValueError, match="(?s)no tiny gpt_neo can be made, give a config.json: .*attention_layers"):
        next(tiny_models("gpt_neo"))


def test_a_model_declares_its_shape_by_its_head_or_its_configuration():
    gpt, bert = hf_gpt(), hf_bert()
    shapes = [declared(model) for model in (gpt, bert, gpt.transformer, bert.bert)]
    assert shapes == ["triangle", "square", None, "square"]
    gpt.config.is_causal = False
    bert.config.is_decoder = True
    assert (declared(gpt), declared(bert), declared(made(GPT))) == ("square", None, None)


def test_it_is_one_file_that_needs_torch_alone(tmp_path):
    source = Path(leak_meter.__file__).read_text(encoding="utf-8")
    top = [node for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in top if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in top if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} - sys.stdlib_module_names == {"torch"}
    (tmp_path / "leak_meter.py").write_text(source, encoding="utf-8")
    script = "from leak_meter import assert_reads as a; import torch; a(torch.nn.Embedding(9, 2), 'band of 1')"
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, env={"OMP_NUM_THREADS": "1"})
