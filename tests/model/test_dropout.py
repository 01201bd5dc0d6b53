"""Where dropout stands, against transformers in training: each one doubles what it is given, so that none is lost."""

import pytest
import torch
from reference import PADDED, SEGMENTS, hf_bert, hf_gpt, our_bert, our_gpt
from sizes import B, S
from torch.nn import functional

either_kernel = pytest.mark.parametrize("kernel", ["eager", "sdpa"])


@pytest.fixture
def doubling(monkeypatch):
    """Let dropout double its input while training, and attention its weights, in our models and in theirs."""
    attention = functional.scaled_dot_product_attention

    def dropout(x, p=0.5, training=True, inplace=False):
        return 2 * x if training and p else x

    def attend(q, k, v, attn_mask=None, dropout_p=0.0, **more):
        return attention(q, k, v, attn_mask, **more) * (2 if dropout_p else 1)

    monkeypatch.setattr(functional, "dropout", dropout)
    monkeypatch.setattr(functional, "scaled_dot_product_attention", attend)


def assert_equal_in_training_too(ours, theirs, logits_of_ours, logits_of_theirs):
    before = logits_of_ours()
    torch.testing.assert_close(before, logits_of_theirs(), atol=1e-5, rtol=1e-5)
    ours.train(), theirs.train()
    after = logits_of_ours()
    torch.testing.assert_close(after, logits_of_theirs(), atol=1e-4, rtol=1e-5)
    assert (after - before).abs().max() > 0.1  # or the test could not fail


@either_kernel
@pytest.mark.usefixtures("doubling")
def test_bert_drops_where_transformers_bert_drops(kernel, ids):
    theirs = hf_bert(hidden_dropout_prob=0.3, attention_probs_dropout_prob=0.3, attn_implementation=kernel)
    ours = our_bert(theirs)
    assert_equal_in_training_too(
        ours,
        theirs,
        lambda: ours(ids, segment_ids=SEGMENTS, attention_mask=PADDED)[0][PADDED == 1],
        lambda: theirs(ids, token_type_ids=SEGMENTS, attention_mask=PADDED).prediction_logits[PADDED == 1],
    )


@either_kernel
@pytest.mark.usefixtures("doubling")
def test_gpt_drops_where_transformers_gpt2_drops(kernel, ids):
    theirs = hf_gpt(resid_pdrop=0.3, embd_pdrop=0.3, attn_pdrop=0.3, attn_implementation=kernel)
    ours = our_gpt(theirs)
    assert_equal_in_training_too(
        ours,
        theirs,
        lambda: ours(ids, attention_mask=PADDED)[PADDED == 1],
        lambda: theirs(ids, attention_mask=PADDED, position_ids=PADDED.cumsum(-1) - 1).logits[PADDED == 1],
    )


@pytest.mark.usefixtures("doubling")
@pytest.mark.parametrize("make", [hf_bert, hf_gpt], ids=["bert", "gpt"])
def test_both_ways_through_attention_drop_alike(make, ids):
    changes = {"hidden_dropout_prob": 0.3} if make is hf_bert else {"resid_pdrop": 0.3}
    ours = (our_bert if make is hf_bert else our_gpt)(make(**changes)).train()
    hidden = torch.randn(B, S, ours.config.d_model)
    attention, mask = ours.blocks[0].attention, PADDED[:, None, None].bool()
    explicit, weights = attention.forward_with_weights(hidden, mask)
    torch.testing.assert_close(attention(hidden, mask), explicit)
    torch.testing.assert_close(weights.sum(-1), torch.full_like(weights.sum(-1), 2))
