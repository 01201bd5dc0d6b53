"""A model under a head: rows, features and predictions as for each text alone."""

import pytest
import torch
from reference import draw_ids, tiny_encoder
from sizes import D, S
from torch import nn

from bertgpt.model.heads import POOLINGS, ClassificationHead
from bertgpt_book.modern.model import Decoder, OpenDecoder
from bertgpt_book.modern.weights import share_weights
from bertgpt_book.tasks import finetuning

LENGTHS = (3, 7, 1, 4, 6)
C = 3


class EachToken(nn.Linear):
    """A head that answers for every token: (B, T, D) -> (B, T, C)."""

    def forward(self, hidden, attention_mask):
        return super().forward(hidden)


@pytest.fixture(params=["bert", "gpt"])
def model(request):
    return request.getfixturevalue(request.param).eval()


@pytest.fixture
def rows():
    return [draw_ids(n, seed=n).tolist() for n in LENGTHS]


@pytest.mark.parametrize("first, second", [("Anne", "smiled"), (" Anne", " smiled"), ("Anne", " smiled")])
def test_a_text_is_written_the_way_its_model_saw_texts(bert, gpt, tokenizer, first, second):
    # Given with a space before it or without: the first word of a text is spelled like any other.
    assert finetuning.build_inputs(bert, tokenizer, first, second) == tokenizer.encode_pair(" Anne", " smiled")
    ids = [tokenizer.eos_id, *tokenizer.encode(" Anne"), tokenizer.eos_id, *tokenizer.encode(" smiled")]
    assert finetuning.build_inputs(gpt, tokenizer, first, second) == (ids, [0] * len(ids))
    assert finetuning.build_inputs(gpt, tokenizer, first)[0] == ids[: ids.index(tokenizer.eos_id, 1)]


def test_a_long_text_is_cut_and_keeps_its_last_separator(bert, gpt, tokenizer):
    ids, segments = finetuning.build_inputs(bert, tokenizer, "one two", " three four five six seven")
    assert len(ids) == len(segments) == S and ids[-1] == tokenizer.sep_id and ids.count(tokenizer.sep_id) == 2
    assert len(finetuning.build_inputs(gpt, tokenizer, "one two three four five six seven")[0]) == S


def test_of_a_pair_the_longer_text_is_cut_and_both_are_read(bert, gpt, tokenizer):
    long, short = " one two three four five six seven eight nine", " ten"
    (one, two), (ten,) = tokenizer.encode(" one two"), tokenizer.encode(" ten")
    framed = [tokenizer.cls_id, one, two, tokenizer.encode(" three")[0], tokenizer.sep_id, ten, tokenizer.sep_id]
    assert finetuning.build_inputs(bert, tokenizer, long, short) == (framed, [0] * 5 + [1] * 2)
    assert finetuning.build_inputs(bert, tokenizer, short, long)[0][:3] == [tokenizer.cls_id, ten, tokenizer.sep_id]
    assert finetuning.build_inputs(gpt, tokenizer, long, short)[0][-2:] == [tokenizer.eos_id, ten]


@pytest.mark.parametrize("kind", ["bert", "gpt", Decoder, OpenDecoder])
def test_features_are_those_of_each_text_alone(kind, rows, request):
    model = request.getfixturevalue(kind).eval() if isinstance(kind, str) else share_weights(tiny_encoder(), kind)
    found = finetuning.pooled(model, rows, *POOLINGS, batch_size=2)
    assert list(found) == list(POOLINGS)
    for i, row in enumerate(rows):
        ids = torch.tensor([row])
        for name, pool in POOLINGS.items():
            torch.testing.assert_close(found[name][i], pool(model.encode(ids), torch.ones_like(ids))[0])


@pytest.mark.parametrize("head", ["classes", "tags"])
def test_predictions_are_those_of_each_text_alone(model, rows, head):
    head = ClassificationHead(model.config, C, "mean") if head == "classes" else EachToken(D, C)
    headed = finetuning.HeadedModel(model, head)
    for row, answer in zip(rows, finetuning.predict(headed, rows, batch_size=2)):
        ids = torch.tensor([row])
        torch.testing.assert_close(answer, headed({"input_ids": ids, "attention_mask": torch.ones_like(ids)})[0])
