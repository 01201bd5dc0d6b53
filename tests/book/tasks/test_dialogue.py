"""Which text comes next: the items, the scores of either model, and pairs of spans."""

import pytest
import torch

from bertgpt import BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt_book.tasks.dialogue import NextSentenceScore, among_ten, at_the_seam, pair_scores, shuffle_tokens
from bertgpt_book.tasks.finetuning import HeadedModel

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=48, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


@pytest.fixture
def bert():
    torch.manual_seed(0)
    return BERTForPreTraining(TransformerConfig.bert(**SIZES)).eval()


def test_a_pair_is_scored_by_the_next_sentence_head(bert):
    model = HeadedModel(bert, NextSentenceScore(bert))
    firsts = ["How now?", "Good morrow, my lord."]
    candidates = [["Well, sir.", "Ay."], ["No.", "Good morrow to you too."]]
    scores = pair_scores(model, TOKENIZER, firsts, candidates)
    for first, row, expected in zip(firsts, candidates, scores):
        for text, score in zip(row, expected):
            ids, segments = (torch.tensor([part]) for part in TOKENIZER.encode_pair(f" {first}", f" {text}"))
            with torch.inference_mode():
                logits = bert(ids, segment_ids=segments)[1][0]
            torch.testing.assert_close(score, logits[0] - logits[1], rtol=1e-4, atol=1e-5)


def test_the_true_text_is_among_ten_different_ones_even_where_it_stands_twice():
    texts = [f"{n % 30} of her sisters went to market" for n in range(90)]
    for item in among_ten("a work", texts, 20):
        assert len(set(item.candidates)) == len(item.candidates) == 10
        place = texts.index(item.before[1]) + 1
        assert item.candidates[item.right] == texts[place % 30]


def test_tokens_are_shuffled_within_their_text_and_where_they_were_chosen():
    ids, segments = torch.arange(20)[None], (torch.arange(20) >= 9).long()[None]
    chosen = torch.ones(1, 20, dtype=torch.bool)
    chosen[0, [0, 8, 19]] = False  # [CLS] and two [SEP]
    shuffled = shuffle_tokens(ids, segments, chosen, torch.Generator().manual_seed(0))
    assert not shuffled.equal(ids) and shuffled[~chosen].equal(ids[~chosen])
    assert sorted(shuffled[0, :9].tolist()) == list(range(9))  # none has gone over to the other text


def test_the_seam_is_eight_tokens_on_either_side():
    segments = (torch.arange(60) >= 30).long()[None]  # the [SEP] between is token 29
    assert at_the_seam(segments)[0].nonzero().flatten().tolist() == list(range(21, 38))
