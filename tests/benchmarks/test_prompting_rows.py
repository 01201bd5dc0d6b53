"""The scores of the experiment about prompts, and its recorded rows run again small."""

import numpy as np
import prompting as experiment
import pytest
import torch
from candidate_scores import (
    ReplyBatches,
    blank_scores,
    example_scores,
    kind_scores,
    named,
    rerank,
    shared_words,
    vector_scores,
)
from experiments import candidate_objective

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, load_gpt, load_tokenizer
from bertgpt.results import load_results
from bertgpt.scoring import log_likelihoods
from bertgpt.tasks.dialogue import NextSentenceScore
from bertgpt.tasks.entities import Sentence
from bertgpt.tasks.labelled import Labelled, Reply, replies
from bertgpt.tasks.prompting import LONGEST, summary_prompt
from bertgpt.tasks.questions import RankingTask
from bertgpt.training.finetuning import HeadedModel
from bertgpt.training.loop import TrainingSettings, train

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


def test_a_candidate_that_repeats_its_first_text_is_the_nearest(gpt):
    scores = vector_scores(gpt, TOKENIZER, ["How now?", "Well, sir."], [["Ay.", "How now?"], ["Well, sir.", "No."]])
    assert scores.argmax(dim=1).tolist() == [1, 0]
    torch.testing.assert_close(scores.amax(dim=1), torch.ones(2))


def test_an_example_of_the_same_kind_makes_a_text_likelier():
    gpt = load_gpt("tinygpt")
    novel = "It is a truth universally acknowledged, that a single man must be in want of a wife."
    play = "MACBETH\nSo foul and fair a day I have not seen.\n\nBANQUO\nHow far is't call'd to Forres?"
    examples = Labelled([novel, novel, play, play], [0, 0, 1, 1], ["novel", "play"])
    texts = ["She was a woman of mean understanding, little information, and uncertain temper.",
             "What are these, so wither'd and so wild in their attire?"]
    scores = example_scores(gpt, TOKENIZER, texts, examples, n_examples=2)
    margin = scores[:, 0] - scores[:, 1]
    assert scores.shape == (2, 2) and margin[0] > margin[1]
    one = log_likelihoods(gpt, [TOKENIZER.encode(f"{examples.texts[0]}\n\n")], [TOKENIZER.encode(texts[0])])[0].sum()
    torch.testing.assert_close(scores[0, 0], one, rtol=1e-4, atol=1e-4)      # both examples are the same text


def test_a_gap_tells_a_person_from_a_place():
    sentences = [Sentence("Anne smiled at Lyme.", ((0, 4, "PERSON"), (15, 19, "PLACE")))]
    gaps = named(sentences)
    assert gaps == [("", " smiled at Lyme.", "PERSON"), ("Anne smiled at ", ".", "PLACE")]
    scores = kind_scores(load_gpt("tinygpt"), TOKENIZER, [
        ("Mrs. Croft and ", " smiled at each other, and said that they were glad.", ""),
        ("They left the country, and went to ", " by the coach.", "")],
        {"PERSON": [" Emma", " Fanny"], "PLACE": [" London", " Bath"]})
    assert scores.argmax(dim=1).tolist() == [0, 1]


def test_reranking_moves_the_first_and_leaves_the_others(gpt):
    task = RankingTask(["What is a mask?"], ["A mask is a table.", "A head is a map.", "Text.", "More text."], [{0}])
    first = np.array([[0.1, 0.4, 0.3, 0.2]])
    scores = rerank(gpt, TOKENIZER, task, first, top=2)
    order = np.argsort(-scores[0])
    assert set(order[:2]) == {1, 2} and order[2:].tolist() == [3, 0]
    prompt = summary_prompt(task.candidates[1], TOKENIZER, gpt.config.max_len - LONGEST)
    own = log_likelihoods(gpt, [prompt], [TOKENIZER.encode(" What is a mask?")])[0].sum()
    assert scores[0, 1] == pytest.approx(own.item(), abs=1e-3)


def test_the_true_reply_comes_first_in_a_batch(bert):
    items = [Reply("p", ["a", f"question {i}"], [f"wrong {i} {j}" for j in range(9)], 0) for i in range(3)]
    for i, item in enumerate(items):
        item.candidates.insert(4, f"true {i}")
    items = [Reply(item.play, item.before, item.candidates, 4) for item in items]
    batches = ReplyBatches(items, bert, TOKENIZER, batch_size=2, n_wrong=3)
    batch = batches.sample(5)
    texts = [TOKENIZER.decode(row) for row in batch["input_ids"]]
    assert len(texts) == 8 and batch["labels"].tolist() == [0, 0]
    for start in (0, 4):
        number = texts[start].split("question ")[1][0]
        assert f"true {number}" in texts[start]
        wrong = texts[start + 1:start + 4]
        assert all(f"question {number}" in text and f"wrong {number}" in text for text in wrong)
        assert len(set(wrong)) == 3
    assert torch.equal(batches.sample(5)["input_ids"], batch["input_ids"])


def test_the_head_learns_who_replies(bert):
    items = [Reply("p", ["", "red" if i % 2 else "blue"], ["rose", "sky"], i % 2 ^ 1) for i in range(8)]
    model = HeadedModel(bert, NextSentenceScore(bert))
    history = train(model, candidate_objective, ReplyBatches(items, bert, TOKENIZER, 8, n_wrong=1),
                    TrainingSettings(steps=60, learning_rate=1e-2, warmup=5, weight_decay=0.0))
    assert history[0]["loss"] == pytest.approx(np.log(2), abs=0.2) and history[-1]["accuracy"] == 1


def test_shared_words_leave_out_the_common_ones():
    assert shared_words(["the moon and the sea"], [["the the and", "a moon", "sea and moon"]]).tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("name", ["replies, shared words", "summaries, no model"])
def test_a_recorded_row_without_a_model_comes_again(name):
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}[name]
    again = experiment.run(name)
    for part, values in recorded.items():
        if part not in ("name", "cpu_seconds", "size"):
            first = "rouge_1" if "rouge_1" in values else "first"
            assert again[part][first]["mean"] == pytest.approx(values[first]["mean"])


def test_the_data_are_those_that_were_recorded():
    assert experiment.about()["data"] == load_results("prompting")["about"]["data"]


@pytest.mark.slow
def test_a_model_gives_its_recorded_answers_again():
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}["replies, GPT"]
    again = experiment.run("replies, GPT", n_items=4)
    for rule in ("per token", "minus unconditional"):
        assert again[rule]["credit"] == recorded[rule]["credit"][:4]
    assert len(recorded["per token"]["credit"]) == len(replies("test")) >= 300


@pytest.mark.slow
def test_a_short_training_repeats_the_recorded_beginning():
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}["summaries, fine-tuned GPT"]
    again = experiment.run("summaries, fine-tuned GPT", n_items=2, steps=2)
    assert again["loss"][0] == pytest.approx(recorded["loss"][0], rel=0.05)
    assert len(recorded["loss"]) == recorded["settings"]["steps"]
