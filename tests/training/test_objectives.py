"""Labels and losses: shifting, and parity with transformers."""

import pytest
import torch
from reference import draw_ids, hf_bert, hf_gpt, our_bert, our_gpt, tiny_bert, tiny_both
from sizes import B, S, T, V

from bertgpt import BERTForPreTraining
from bertgpt.text.batching import IGNORED
from bertgpt.training.objectives import (
    both_objective,
    lm_objective,
    masked_lm_objective,
    predictions,
    shift_left,
    total_loss,
)

X = IGNORED
SHIFTED = [(None, [8, 9, 7, 6, X]), ([1, 1, 1, 0, 0], [8, 9, X, X, X]), ([0, 0, 1, 1, 1], [X, X, 7, 6, X])]


@pytest.mark.parametrize("attention_mask, expected", SHIFTED)
def test_every_token_is_labelled_with_the_next_one(attention_mask, expected):
    ids = torch.tensor([[5, 8, 9, 7, 6]])
    given = None if attention_mask is None else torch.tensor([attention_mask])
    torch.testing.assert_close(shift_left(ids, given), torch.tensor([expected]))


def test_the_masked_loss_is_transformers():
    theirs = hf_bert()
    ids, segments = draw_ids(B, S), torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * B)
    attention_mask = torch.tensor([[1] * S, [1] * 5 + [0] * 2])
    labels = torch.tensor([[IGNORED, 5, IGNORED, 7, IGNORED, 9, IGNORED], [IGNORED, IGNORED, 2] + [IGNORED] * 4])
    batch = {"input_ids": ids, "attention_mask": attention_mask, "labels": labels}
    pairs = {"segment_ids": segments, "is_random_next": torch.tensor([0, 1])}
    ours = masked_lm_objective(our_bert(theirs), batch | pairs)
    expected = theirs(**batch, token_type_ids=segments, next_sentence_label=pairs["is_random_next"]).loss
    torch.testing.assert_close(total_loss(ours), expected)
    torch.testing.assert_close(ours["mlm_loss"] + ours["nsp_loss"], expected)
    headless = BERTForPreTraining(tiny_bert().config, next_sentence=False)
    assert list(masked_lm_objective(headless, batch | pairs)) == ["mlm_loss"]


def test_the_loss_at_mask_is_over_mask_tokens_alone_and_has_no_gradient(bert):
    labels = torch.tensor([[IGNORED, 5, 6, IGNORED, 7, IGNORED, IGNORED], [IGNORED, IGNORED, 2] + [IGNORED] * 4])
    at_mask = torch.zeros(B, S, dtype=torch.bool)
    at_mask[0, 1] = at_mask[0, 4] = at_mask[0, 5] = True  # the last has no label, as [MASK] in a text has none
    batch = {"input_ids": draw_ids(B, S), "labels": labels, "at_mask": at_mask}
    measured = masked_lm_objective(bert, batch)
    losses = -bert(batch["input_ids"])[0].log_softmax(dim=-1)  # (B, T, V)
    torch.testing.assert_close(measured["loss_at_mask"], (losses[0, 1, 5] + losses[0, 4, 7]) / 2)
    assert not measured["loss_at_mask"].requires_grad
    assert total_loss(measured) is not measured["loss_at_mask"]
    torch.testing.assert_close(total_loss(measured), measured["mlm_loss"])
    assert {name: predictions(batch)[name] for name in measured} == {"mlm_loss": 4, "loss_at_mask": 2}


def test_predictions_are_counted_by_what_each_mean_is_over():
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    labels = torch.full((3, T), IGNORED)
    labels[0, :4] = 7
    pairs = predictions({"input_ids": draw_ids(3, T), "labels": labels, "attention_mask": mask})
    assert [pairs[name] for name in ("mlm_loss", "nsp_loss", "lm_loss", "accuracy", "loss")] == [4, 3, 5, 4, 4]
    texts = predictions({"input_ids": draw_ids(6, T), "labels": torch.tensor([0, 1])})  # three candidates each
    assert (texts["accuracy"], texts["loss"]) == (2, 2)
    bare = predictions({"input_ids": draw_ids(3, T)})
    assert (bare["loss"], bare["lm_loss"]) == (3, 3 * (T - 1))


def test_what_is_minimised_is_the_loss_or_the_sum_of_its_parts():
    assert total_loss({"loss": 5.0, "kept_loss": 2.0}) == 5.0
    assert total_loss({"mlm_loss": 3.0, "nsp_loss": 0.5, "loss_at_mask": 9.0, "accuracy": 0.5}) == 3.5


@pytest.mark.parametrize("n_padding", [0, 3])
def test_the_next_token_loss_is_transformers(n_padding):
    theirs = hf_gpt()
    ids = draw_ids(B, S)
    attention_mask = torch.ones_like(ids)
    attention_mask[1, S - n_padding :] = 0
    expected = theirs(ids, attention_mask=attention_mask, labels=ids.masked_fill(attention_mask == 0, IGNORED)).loss
    measured = lm_objective(our_gpt(theirs), {"input_ids": ids, "attention_mask": attention_mask})
    torch.testing.assert_close(measured, {"lm_loss": expected})


def test_both_learns_under_two_masks():
    both = tiny_both()
    ids = draw_ids(B, S)
    assert both_objective(both, {"input_ids": ids}) == lm_objective(both, {"input_ids": ids})
    labels = torch.full_like(ids, IGNORED)
    labels[0, 2], labels[1, 4], labels[1, 5] = 7, 8, 9
    batch = {"input_ids": ids, "labels": labels}
    logits = both(ids, order="bidirectional")
    by_hand = -sum(logits[b, t].log_softmax(-1)[labels[b, t]] for b, t in ((0, 2), (1, 4), (1, 5))) / 3
    torch.testing.assert_close(both_objective(both, batch)["mlm_loss"], by_hand)
    changed = ids.clone()
    changed[:, 6] = ids[:, 6] % (V - 1) + 1  # seen, though it comes after all three
    assert both_objective(both, batch | {"input_ids": changed}) != both_objective(both, batch)
    assert predictions(batch)["mlm_loss"] == 3
    mask = torch.ones_like(ids)
    mask[:, 6] = 0  # as padding it is not seen
    padded, changed_padding = ({"input_ids": i, "labels": labels, "attention_mask": mask} for i in (ids, changed))
    assert both_objective(both, padded) == both_objective(both, changed_padding) != both_objective(both, batch)
