"""The scores of the experiment about prompts, and its recorded rows run again small."""

import prompting as experiment
import pytest
import torch
from candidate_scores import blank_scores, shared_words, vector_scores

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_tokenizer
from bertgpt.book.records import load_results
from bertgpt.inference.filling import fill_mask
from bertgpt.model.both import Both

TOKENIZER = load_tokenizer()
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=72, d_model=12, n_layers=1, n_heads=3, d_ff=20, dropout=0.0)


@pytest.fixture
def bert():
    torch.manual_seed(0)
    return BERTForPreTraining(TransformerConfig.bert(**SIZES)).eval()


@pytest.fixture
def gpt():
    torch.manual_seed(0)
    return GPT(TransformerConfig.gpt(**SIZES)).eval()


def test_a_choice_at_a_blank_has_the_models_own_probability(bert):
    texts = [("She was", "."), ("He was very " * 40, " and glad " * 40)]
    choices = [" good", " bad", " glad"]
    scores = blank_scores(bert, TOKENIZER, texts, choices, batch_size=1)
    (wanted,) = zip(*(TOKENIZER.encode(choice) for choice in choices))
    ids = torch.tensor([TOKENIZER.encode_pair("She was[MASK].")[0]])
    with torch.inference_mode():
        expected = bert(ids)[0][0, ids[0] == TOKENIZER.mask_id].log_softmax(-1)[0, list(wanted)]
    torch.testing.assert_close(scores[0], expected, rtol=1e-4, atol=1e-5)
    assert scores.shape == (2, 3) and scores.isfinite().all()                  # what does not fit is cut on both sides
    torch.testing.assert_close(blank_scores(bert, TOKENIZER, texts, choices), scores, rtol=1e-4, atol=1e-5)


def test_a_both_is_asked_at_a_blank_as_it_fills_one():
    torch.manual_seed(0)
    both = Both(TransformerConfig.gpt(**SIZES)).eval()
    (answers,) = fill_mask(both, TOKENIZER, "She was[MASK].", top_k=TOKENIZER.vocab_size)
    expected = [dict(answers)[TOKENIZER.tokens(TOKENIZER.encode(word))[0]] for word in (" good", " bad")]
    scores = blank_scores(both, TOKENIZER, [("She was", ".")], [" good", " bad"])
    torch.testing.assert_close(scores.exp()[0], torch.tensor(expected), rtol=1e-4, atol=1e-7)


def test_a_candidate_that_repeats_its_first_text_is_the_nearest(gpt):
    scores = vector_scores(gpt, TOKENIZER, ["How now?", "Well, sir."], [["Ay.", "How now?"], ["Well, sir.", "No."]])
    assert scores.argmax(dim=1).tolist() == [1, 0]
    torch.testing.assert_close(scores.amax(dim=1), torch.ones(2))


def test_a_candidate_that_stands_twice_is_read_once_and_scored_twice(gpt):
    read = []
    encode = gpt.encode
    gpt.encode = lambda ids, **named: read.extend(ids.tolist()) or encode(ids, **named)
    scores = vector_scores(gpt, TOKENIZER, ["How now?", "Well, sir."], [["Ay.", "No."], ["No.", "Ay."]])
    assert len(read) == 4 and len({tuple(row) for row in scores.tolist()}) == 2


def test_shared_words_leave_out_the_common_ones():
    assert shared_words(["the moon and the sea"], [["the the and", "a moon", "sea and moon"]]).tolist() == [[0, 1, 2]]


@pytest.mark.slow
def test_a_model_gives_its_recorded_answers_again():
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}
    for name, (ask, load, source) in experiment.ASKED.items():
        again = ask(load, source, n_items=8)["as it is"]
        assert again["right"] == recorded[f"sentiment, {name}"]["as it is"]["right"][:8]
