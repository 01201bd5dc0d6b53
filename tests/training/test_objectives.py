"""What is asked and how the answers count: masking, shifting, losses, and two published bugs caught."""

import math

import pytest
import torch
from reference import draw_ids, hf_bert, hf_gpt, our_bert, our_gpt
from sizes import SIZES, B, S, T, V
from torch.nn.functional import cross_entropy

from bertgpt import GPT, BERTForPreTraining, TransformerConfig
from bertgpt.text.batching import IGNORED, mask_tokens
from bertgpt.training.objectives import lm_objective, masked_lm_objective, shift_left, token_loss

MASK_ID, SPECIAL = 3, {0, 1, 2, 3, 4}


def mask(ids, *, rate=0.15, seed=0, vocab_size=V, special_ids=SPECIAL):
    return mask_tokens(ids, mask_id=MASK_ID, vocab_size=vocab_size, special_ids=special_ids, rate=rate,
                       generator=torch.Generator().manual_seed(seed))


def within(share, expected, n):
    """Whether a share of n draws lies within four standard deviations of its expectation."""
    return abs(share - expected) < 4 * math.sqrt(expected * (1 - expected) / n)


def test_eighty_ten_ten():
    vocab_size = 1000
    ids = torch.randint(5, vocab_size, (300, 400))
    corrupted, labels = mask(ids, vocab_size=vocab_size)
    asked = labels != IGNORED
    n = int(asked.sum())
    assert n == 300 * 60                                          # 15 % of 400, in every row
    shown = corrupted[asked]
    masked, kept = shown == MASK_ID, shown == ids[asked]
    assert within(masked.float().mean(), 0.8 + 0.1 / vocab_size, n)          # chance may draw [MASK], too
    assert within(kept.float().mean(), 0.1 + 0.1 / vocab_size, n)
    other = shown[~masked & ~kept]
    assert within(len(other) / n, 0.1 * (1 - 2 / vocab_size), n)
    assert other.min() < 20 and other.max() > vocab_size - 20     # from the whole vocabulary
    assert len(other.unique()) > 0.7 * vocab_size


def test_every_place_is_asked_about_equally_often():
    _, labels = mask(torch.full((4000, 20), 7))
    shares = (labels != IGNORED).float().mean(dim=0)              # (20,), expected 3 / 20
    assert all(within(share, 0.15, 4000) for share in shares.tolist())


@pytest.mark.parametrize("rate, ordinary, expected", [
    (0.15, 100, 15), (0.15, 9, 1), (0.15, 11, 2), (0.4, 7, 3), (0.15, 2, 1), (0.15, 1, 1), (0.15, 0, 0), (1.0, 8, 8)])
def test_the_exact_number_is_hidden(rate, ordinary, expected):
    ids = torch.tensor([[1] + [6] * ordinary + [2, 0, 0]] * B)    # (B, T)
    _, labels = mask(ids, rate=rate)
    assert (labels != IGNORED).sum(dim=1).tolist() == [expected] * B


def test_specials_are_never_asked_and_the_rest_is_shown_as_it_is():
    ids = torch.randint(0, V, (200, 30))
    before = ids.clone()
    corrupted, labels = mask(ids, rate=0.5)
    asked = labels != IGNORED
    assert not asked[torch.isin(ids, torch.tensor(sorted(SPECIAL)))].any()
    assert (labels[asked] == ids[asked]).all()
    assert (corrupted[~asked] == ids[~asked]).all()
    assert torch.equal(ids, before)


def test_the_generator_alone_decides():
    ids = draw_ids(B, 40, low=5)
    first = mask(ids)
    torch.manual_seed(99)
    torch.testing.assert_close(mask(ids), first, rtol=0, atol=0)
    assert not torch.equal(mask(ids, seed=1)[1], first[1])


def test_without_special_tokens_everything_is_ordinary():
    _, labels = mask(torch.zeros(B, 10, dtype=torch.long), rate=1.0, special_ids=set())
    assert (labels == 0).all()


@pytest.mark.parametrize("attention_mask, expected", [
    (None, [8, 9, 7, 6, IGNORED]),
    ([1, 1, 1, 1, 1], [8, 9, 7, 6, IGNORED]),
    ([1, 1, 1, 0, 0], [8, 9, IGNORED, IGNORED, IGNORED]),
    ([0, 0, 1, 1, 1], [IGNORED, IGNORED, 7, 6, IGNORED]),
])
def test_every_token_is_asked_for_the_next_one(attention_mask, expected):
    ids = torch.tensor([[5, 8, 9, 7, 6]])
    given = None if attention_mask is None else torch.tensor([attention_mask])
    torch.testing.assert_close(shift_left(ids, given), torch.tensor([expected]))


def test_a_single_token_has_nothing_to_answer():
    assert shift_left(torch.tensor([[5]])).tolist() == [[IGNORED]]


def test_the_loss_counts_labelled_positions_only():
    logits = torch.randn(B, T, V, requires_grad=True)
    labels = torch.full((B, T), IGNORED)
    labels[0, 1], labels[1, 3], labels[1, 4] = 4, 7, 0
    by_hand = -torch.stack([logits.log_softmax(-1)[b, t, labels[b, t]] for b, t in [(0, 1), (1, 3), (1, 4)]]).mean()
    loss = token_loss(logits, labels)
    torch.testing.assert_close(loss, by_hand)
    torch.testing.assert_close(token_loss(logits[labels != IGNORED], labels), by_hand)       # (N, V)
    loss.backward()
    torch.testing.assert_close(logits.grad.abs().sum(-1) > 0, labels != IGNORED)


def test_a_published_bug_a_mean_times_a_mask_counts_padding():
    # A published course averages the loss over every position, padding too, and then multiplies by the mask:
    # a scalar times the mask over its sum is the same scalar.
    logits, ids = torch.randn(B, T, V), draw_ids(B, T)
    asked = torch.zeros(B, T, dtype=torch.bool)
    asked[:, 1] = True
    labels = ids.masked_fill(~asked, IGNORED)

    def published(logits):
        scalar = cross_entropy(logits.flatten(0, 1), ids.flatten())
        return (scalar * asked).sum() / asked.sum()

    elsewhere = logits.clone()
    elsewhere[:, 3] += 5 * torch.randn(B, V)                      # no one asked about these
    torch.testing.assert_close(token_loss(elsewhere, labels), token_loss(logits, labels))
    assert (published(elsewhere) - published(logits)).abs() > 0.1
    assert (published(logits) - token_loss(logits, labels)).abs() > 0.1


class Answers(torch.nn.Module):
    """A BERT that answers what it is told to: mlm (B, T, V), nsp (B, 2)."""

    def __init__(self, mlm, nsp):
        super().__init__()
        self.mlm, self.nsp = mlm, nsp

    def forward(self, input_ids, segment_ids=None, attention_mask=None, positions=None):
        return self.mlm[positions], self.nsp


def test_a_published_bug_ignoring_label_zero_forgets_half_of_the_pairs():
    # A well-known repository uses one loss with ignore_index=0 for tokens and pairs alike.
    # In pairs 0 is an answer, not padding; without it "always random" is perfect.
    always_random = torch.tensor([[-9.0, 9.0]] * 4).requires_grad_()
    is_random_next = torch.tensor([0, 1, 0, 1])
    batch = {"input_ids": draw_ids(4, T), "labels": draw_ids(4, T), "is_random_next": is_random_next}
    ours = masked_lm_objective(Answers(torch.zeros(4, T, V), always_random), batch)["nsp_loss"]
    published = cross_entropy(always_random, is_random_next, ignore_index=0)
    torch.testing.assert_close(published.item(), 0.0, atol=1e-6, rtol=0)
    torch.testing.assert_close(ours.item(), 9.0, atol=1e-6, rtol=0)          # 18 for each wrong half, 0 for the other
    (grad,) = torch.autograd.grad(ours, always_random)
    assert grad[is_random_next == 0].abs().min() > 0.1


def test_the_masked_loss_is_transformers():
    theirs = hf_bert()
    ids, segments = draw_ids(B, S), torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * B)
    attention_mask = torch.tensor([[1] * S, [1] * 5 + [0] * 2])
    labels = torch.tensor([[IGNORED, 5, IGNORED, 7, IGNORED, 9, IGNORED], [IGNORED, IGNORED, 2] + [IGNORED] * 4])
    is_random_next = torch.tensor([0, 1])
    ours = masked_lm_objective(our_bert(theirs), {
        "input_ids": ids, "segment_ids": segments, "attention_mask": attention_mask, "labels": labels,
        "is_random_next": is_random_next})
    expected = theirs(ids, token_type_ids=segments, attention_mask=attention_mask, labels=labels,
                      next_sentence_label=is_random_next).loss
    torch.testing.assert_close(ours["loss"], expected)
    torch.testing.assert_close(ours["loss"], ours["mlm_loss"] + ours["nsp_loss"])


def test_without_pairs_only_words_are_asked(bert):
    batch = {"input_ids": draw_ids(B, S), "labels": draw_ids(B, S)}
    measured = masked_lm_objective(bert, batch)
    assert set(measured) == {"loss", "mlm_loss"}
    torch.testing.assert_close(measured["loss"], token_loss(bert(batch["input_ids"])[0], batch["labels"]))


@pytest.mark.parametrize("n_padding", [0, 3])
def test_the_next_token_loss_is_transformers(n_padding):
    theirs = hf_gpt()
    ids = draw_ids(B, S)
    attention_mask = torch.ones_like(ids)
    attention_mask[1, S - n_padding:] = 0
    expected = theirs(ids, attention_mask=attention_mask, labels=ids.masked_fill(attention_mask == 0, IGNORED)).loss
    measured = lm_objective(our_gpt(theirs), {"input_ids": ids, "attention_mask": attention_mask})
    torch.testing.assert_close(measured["loss"], expected)
    torch.testing.assert_close(measured["lm_loss"], expected)


def test_an_untrained_model_knows_nothing():
    vocab_size = 997
    sizes = SIZES | {"vocab_size": vocab_size, "max_len": 50}
    ids = torch.randint(vocab_size, (8, 50))
    bert, gpt = BERTForPreTraining(TransformerConfig.bert(**sizes)), GPT(TransformerConfig.gpt(**sizes))
    answers = masked_lm_objective(bert, {"input_ids": ids, "labels": ids.roll(1, 0), "is_random_next": ids[:, 0] % 2})
    for loss, n_answers in [(answers["mlm_loss"], vocab_size), (answers["nsp_loss"], 2),
                            (lm_objective(gpt, {"input_ids": ids})["loss"], vocab_size)]:
        torch.testing.assert_close(loss.item(), math.log(n_answers), atol=0.03, rtol=0)
