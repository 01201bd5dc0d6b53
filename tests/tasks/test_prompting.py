"""Tasks put to a GPT as text, and the recorded experiment about them."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from bertgpt import GPT, TransformerConfig, load_gpt, load_tokenizer
from bertgpt.metrics import rouge_n
from bertgpt.ngrams import Unigram
from bertgpt.results import load_results
from bertgpt.scoring import log_likelihoods
from bertgpt.tasks.labelled import Labelled, replies
from bertgpt.tasks.prompting import (
    LONGEST,
    SUM_UP,
    example_scores,
    kind_scores,
    likelihood_scores,
    named,
    openings,
    rerank,
    rouge,
    story_scores,
    summarise,
    summary_objective,
    summary_prompt,
    summary_rows,
)
from bertgpt.tasks.questions import Exam, words
from bertgpt.text.batching import IGNORED
from bertgpt.training.objectives import token_loss

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
TOKENIZER = load_tokenizer()
PAIRS = [("Close the file.", "After this nothing can be read from it."), ("Add two numbers.", "Both must be whole.")]


@pytest.fixture
def gpt():
    torch.manual_seed(0)
    return GPT(TransformerConfig.gpt(vocab_size=TOKENIZER.vocab_size, max_len=72, d_model=12, n_layers=2, n_heads=3,
                                     d_ff=20, dropout=0.0)).eval()


def test_openings_are_chapters_of_the_held_out_novel():
    ids = openings(TOKENIZER, 8, 5)
    assert ids.shape == (24, 13)
    assert TOKENIZER.decode(ids[0]).startswith("Sir Walter Elliot, of Kelly")


def test_a_story_is_judged_by_its_new_tokens_only():
    judge = Unigram(TOKENIZER.vocab_size).fit(TOKENIZER.encode(" a a a b c"))
    a, b = TOKENIZER.encode(" a")[0], TOKENIZER.encode(" b")[0]
    texts = torch.tensor([[b, b, a, a, a], [a, a, a, b, a]])
    scores = story_scores(judge, TOKENIZER, texts, 2)
    expected = -judge.log_probs([a, b])
    assert scores["nats"] == pytest.approx([expected[0], (2 * expected[0] + expected[1]) / 3])
    assert scores["distinct_1"] == pytest.approx([1 / 3, 2 / 3]) and scores["distinct_2"] == pytest.approx([1 / 2, 1])


def test_likelihoods_are_the_models_own(gpt):
    prompts, without, candidates = [" She said", " He"], [" It", " It"], [[" yes", " no, not at all"]] * 2
    scores = likelihood_scores(gpt, TOKENIZER, prompts, without, candidates)
    ids = TOKENIZER.encode(" She said no, not at all")
    alone = TOKENIZER.encode(" It no, not at all")
    with torch.inference_mode():
        log_p, log_alone = (gpt(torch.tensor([row]))[0].log_softmax(-1)[torch.arange(len(row) - 1), row[1:]]
                            for row in (ids, alone))
    n = len(TOKENIZER.encode(" no, not at all"))
    torch.testing.assert_close(scores["sum"][0, 1], log_p[-n:].sum(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scores["per token"][0, 1], log_p[-n:].mean(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(scores["minus unconditional"][0, 1], (log_p[-n:].sum() - log_alone[-n:].sum()),
                               rtol=1e-4, atol=1e-4)
    assert all(table.shape == (2, 2) for table in scores.values())


def test_a_summary_is_asked_for_and_its_text_is_not():
    rows, labels = summary_rows([*PAIRS, ("word " * 99, "word " * 99)], TOKENIZER, 72)
    for (summary, text), row, asked in zip(PAIRS, rows, labels):
        places = [i for i, label in enumerate(asked) if label != IGNORED]
        assert [asked[i] for i in places] == [row[i + 1] for i in places]      # each is asked for its next token
        assert TOKENIZER.decode(row[places[0] + 1:-1]) == f" {summary}" and row[-1] == TOKENIZER.eos_id
        assert TOKENIZER.decode(row[1:places[0] + 1]) == text + SUM_UP
        assert len(row) == len(asked)
    assert len(rows[2]) == 72 and TOKENIZER.decode(rows[2][72 - LONGEST - 3:72 - LONGEST]).endswith("short:")


def test_the_summary_loss_is_that_of_all_logits(gpt):
    rows, labels = summary_rows(PAIRS[:1], TOKENIZER, 72)
    batch = {"input_ids": torch.tensor(rows), "attention_mask": torch.ones(1, len(rows[0])).long(),
             "labels": torch.tensor(labels)}
    expected = token_loss(gpt(batch["input_ids"]), batch["labels"])
    torch.testing.assert_close(summary_objective(gpt, batch)["loss"], expected)


def test_learning_to_sum_up_two_texts_succeeds(gpt):
    from bertgpt.text.data import LabelledBatches
    from bertgpt.training.loop import TrainingSettings, train
    batches = LabelledBatches(*summary_rows(PAIRS, TOKENIZER, 72), 4, TOKENIZER.pad_id)
    train(gpt, summary_objective, batches, TrainingSettings(steps=60, learning_rate=2e-2, warmup=5))
    # In a batch the shorter prompt is padded on the left, which must change nothing.
    assert summarise(gpt, TOKENIZER, [text for _, text in PAIRS]) == [summary for summary, _ in PAIRS]


def test_the_prompt_keeps_its_last_words():
    prompt = summary_prompt("word " * 99, TOKENIZER, 30)
    assert len(prompt) == 30 and TOKENIZER.decode(prompt).endswith(SUM_UP)
    assert prompt[0] == TOKENIZER.eos_id


def test_rouge_is_taken_pair_by_pair():
    scores = rouge(["Close a file.", ""], ["Close the file.", "Add"])
    assert scores["rouge_1"] == [pytest.approx(2 / 3), 0] and scores["rouge_2"] == [0, 0]
    assert scores["rouge_1"][0] == rouge_n(words("Close a file."), words("Close the file."), 1)


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
    from bertgpt.tasks.entities import Sentence
    sentences = [Sentence("Anne smiled at Lyme.", ((0, 4, "PERSON"), (15, 19, "PLACE")))]
    gaps = named(sentences)
    assert gaps == [("", " smiled at Lyme.", "PERSON"), ("Anne smiled at ", ".", "PLACE")]
    scores = kind_scores(load_gpt("tinygpt"), TOKENIZER, [
        ("Mrs. Croft and ", " smiled at each other, and said that they were glad.", ""),
        ("They left the country, and went to ", " by the coach.", "")],
        {"PERSON": [" Emma", " Fanny"], "PLACE": [" London", " Bath"]})
    assert scores.argmax(dim=1).tolist() == [0, 1]


def test_reranking_moves_the_first_and_leaves_the_others(gpt):
    exam = Exam(["What is a mask?"], ["A mask is a table.", "A head is a map.", "Text.", "More text."], [{0}])
    first = np.array([[0.1, 0.4, 0.3, 0.2]])
    scores = rerank(gpt, TOKENIZER, exam, first, top=2)
    order = np.argsort(-scores[0])
    assert set(order[:2]) == {1, 2} and order[2:].tolist() == [3, 0]
    prompt = summary_prompt(exam.candidates[1], TOKENIZER, gpt.config.max_len - LONGEST)
    own = log_likelihoods(gpt, [prompt], [TOKENIZER.encode(" What is a mask?")])[0].sum()
    assert scores[0, 1] == pytest.approx(own.item(), abs=1e-3)


@pytest.mark.parametrize("name", ["replies, shared words", "summaries, no model"])
def test_a_recorded_row_without_a_model_comes_again(name):
    import prompting as experiment
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}[name]
    again = experiment.run(name)
    for part, values in recorded.items():
        if part not in ("name", "cpu_seconds", "size"):
            first = "rouge_1" if "rouge_1" in values else "first"
            assert again[part][first]["mean"] == pytest.approx(values[first]["mean"])


def test_the_data_are_those_that_were_recorded():
    import prompting as experiment
    assert experiment.about()["data"] == load_results("prompting")["about"]["data"]


def test_a_model_gives_its_recorded_answers_again():
    import prompting as experiment
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}["replies, GPT"]
    again = experiment.run("replies, GPT", n_items=4)
    for rule in ("per token", "minus unconditional"):
        assert again[rule]["credit"] == recorded[rule]["credit"][:4]
    assert len(recorded["per token"]["credit"]) == len(replies("test")) >= 300


def test_a_short_training_repeats_the_recorded_beginning():
    import prompting as experiment
    recorded = {row["name"]: row for row in load_results("prompting")["rows"]}["summaries, fine-tuned GPT"]
    again = experiment.run("summaries, fine-tuned GPT", n_items=2, steps=2)
    assert again["loss"][0] == pytest.approx(recorded["loss"][0], rel=0.05)
    assert len(recorded["loss"]) == recorded["settings"]["steps"]
