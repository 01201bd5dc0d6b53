"""Each way of scoring a sentence against the plain computation, token by token, without batches."""

import pytest
import torch
from reference import seeded, tiny_bert, tiny_both, tiny_gpt

from bertgpt_book.exams import sentences
from bertgpt_book.modern.model import Decoder, ModernConfig

TEXTS = [("", "The unbelievable dog barked.", ""), ("A trout is not a", " fish", "."), ("", "No.", "")]


@pytest.fixture
def encoded(tokenizer):
    return sentences.encode_sentences(TEXTS, tokenizer)


def test_only_the_middle_is_scored_and_a_words_pieces_belong_together(encoded, tokenizer):
    parts = [tokenizer.tokens(each.ids[each.start : each.stop]) for each in encoded]
    assert ["".join(part) for part in parts] == [scored for _, scored, _ in TEXTS]
    assert "".join(tokenizer.tokens(encoded[1].ids)) == "A trout is not a fish."
    pieces = [t for t, word in enumerate(encoded[0].words) if word == encoded[0].words[1]]
    assert len(pieces) > 1 and "".join(tokenizer.tokens(encoded[0].ids[t] for t in pieces)) == " unbelievable"


def log_p(model, ids, at, **order):
    return model(torch.tensor([ids]), **order)[0, at - 1].double().log_softmax(-1)[ids[at]]


def test_left_to_right_is_the_sum_of_the_next_tokens(encoded, tokenizer):
    # The block of SmolLM2, whose configuration names no token for padding.
    gpt = seeded(lambda: Decoder(ModernConfig(tokenizer.vocab_size, 24, 12, 2, 3, 10))).eval()
    scores = sentences.from_left_to_right(gpt, encoded, tokenizer, batch_size=2)
    for each, score in zip(encoded, scores):
        ids = [tokenizer.eos_id, *each.ids]
        by_hand = sum(log_p(gpt, ids, 1 + t) for t in range(each.start, each.stop))
        torch.testing.assert_close(score, by_hand, atol=1e-4, rtol=0)


@pytest.mark.parametrize("rest_of_word", [False, True])
@pytest.mark.parametrize("make", [tiny_bert, tiny_both])
def test_one_token_is_hidden_at_a_time_or_with_the_rest_of_its_word(make, rest_of_word, encoded, tokenizer):
    model = make(vocab_size=tokenizer.vocab_size, max_len=24)
    scores = sentences.one_hidden(model, encoded, tokenizer, batch_size=3)[rest_of_word]
    for each, score in zip(encoded, scores):
        by_hand = 0.0
        for t in range(each.start, each.stop):
            hidden = [
                s == t or (rest_of_word and s > t and each.words[s] == each.words[t]) for s in range(len(each.ids))
            ]
            ids = [tokenizer.mask_id if hide else i for i, hide in zip(each.ids, hidden)]
            if make is tiny_bert:
                logits = model(torch.tensor([[tokenizer.cls_id, *ids, tokenizer.sep_id]]))[0][0, 1 + t]
            else:
                logits = model(torch.tensor([[tokenizer.eos_id, *ids]]), order="bidirectional")[0, t]
            by_hand += logits.double().log_softmax(-1)[each.ids[t]]
        torch.testing.assert_close(score, by_hand, atol=1e-4, rtol=0)


def test_what_differs_is_hidden_and_filled_from_left_to_right(tokenizer):
    right, wrong = ("", "He took the unbelievable dog.", ""), ("", "He taken the dog.", "")
    one, other = pair = sentences.encode_sentences([right, wrong], tokenizer)
    spans = sentences.spans_that_differ(one, other)
    differ = [tokenizer.decode(each.ids[start:stop]) for each, (start, stop) in zip(pair, spans)]
    assert differ == [" took the unbelievable", " taken the"]
    bert = tiny_bert(vocab_size=tokenizer.vocab_size, max_len=24)
    scores = sentences.difference_hidden(bert, pair, spans, tokenizer, batch_size=2)
    for each, (start, stop), score in zip(pair, spans, scores):
        by_hand = 0.0
        for t in range(start, stop):
            ids = [tokenizer.mask_id if t <= s < stop else i for s, i in enumerate(each.ids)]
            logits = bert(torch.tensor([[tokenizer.cls_id, *ids, tokenizer.sep_id]]))[0][0, 1 + t]
            by_hand += logits.double().log_softmax(-1)[each.ids[t]]
        torch.testing.assert_close(score, by_hand, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("right", "wrong", "spans"),
    [
        (("", "A cat sat.", ""), ("", "A cat sat sat.", ""), [(3, 4), (3, 5)]),  # one is a part of the other
        (("A cat", " sat", "."), ("A dog", " sat", "."), [(2, 3), (2, 3)]),  # the contexts differ
    ],
)
def test_a_token_at_least_differs(right, wrong, spans, tokenizer):
    pair = sentences.encode_sentences([right, wrong], tokenizer)
    assert [*sentences.spans_that_differ(*pair)] == spans


def test_a_shared_beginning_is_read_both_ways(encoded, tokenizer):
    both = tiny_both(vocab_size=tokenizer.vocab_size, max_len=24)
    shared = [2, encoded[1].start, 0]
    scores = sentences.after_a_shared_beginning(both, encoded, shared, tokenizer, batch_size=1)
    for each, n, score in zip(encoded, shared, scores):
        ids = [tokenizer.eos_id, *each.ids]
        by_hand = sum(log_p(both, ids, 1 + t, order=1 + n) for t in range(n, each.stop))
        torch.testing.assert_close(score, by_hand, atol=1e-4, rtol=0)
    causal = sentences.from_left_to_right(both, encoded[2:], tokenizer)
    torch.testing.assert_close(scores[2:], causal, atol=1e-4, rtol=0)  # nothing shared: the triangle


@pytest.mark.parametrize("make, n_ways", [(tiny_gpt, 1), (tiny_bert, 3), (tiny_both, 5)])
def test_a_model_is_scored_in_the_ways_that_it_has(make, n_ways, tokenizer):
    model = make(vocab_size=tokenizer.vocab_size, max_len=24)
    ways = sentences.score_minimal_pairs(model, tokenizer, TEXTS, TEXTS[:2] + [("", "Yes.", "")])
    assert len(ways) == n_ways
    last = [*ways][-1]
    (one,) = sentences.score_minimal_pairs(model, tokenizer, TEXTS[:2], TEXTS[1:], [last]).items()
    assert one[0] == last and one[1][0].shape == (2,)
    for right, wrong in ways.values():
        assert right.shape == wrong.shape == (3,)
        torch.testing.assert_close(right[:2], wrong[:2], atol=1e-4, rtol=0)  # the same text has the same score
        assert (right[2] - wrong[2]).abs() > 1e-3
