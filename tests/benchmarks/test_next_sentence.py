"""The exam of next sentences: what is asked, what is recorded, and a row run again in little."""

import next_sentence
import pytest
from experiments import made_with

from bertgpt.book.records import load_results
from bertgpt.tasks.labelled import next_sentences, replies


def test_a_gpt_reads_a_candidate_behind_its_context_or_behind_any_full_stop():
    items = next_sentences()[:2]
    prompts, without, candidates = next_sentence.likelihood_texts("Persuasion", items)
    assert prompts[0] == f" {' '.join(items[0].before)}" and without == [".", "."]
    assert candidates[1][items[1].right] == f" {items[1].candidates[items[1].right]}"
    spoken, names, _ = next_sentence.likelihood_texts("plays", replies("test")[:1])
    assert spoken[0].endswith(names[0]) and names[0].startswith("\n\n")


def test_shared_words_find_what_they_found():
    recorded = {row["name"]: row for row in load_results("next_sentence")["rows"]}
    counted = {row.name: row for row in next_sentence.rows() if not row.weights}
    assert set(counted) == {"Persuasion: shared words", "plays: shared words"}
    for name, row in counted.items():
        assert recorded[name]["made_with"] == made_with(row)
    again = next_sentence.grade("Persuasion", next_sentence.by_words)["shared words"]
    assert again["credit"] == pytest.approx(recorded["Persuasion: shared words"]["shared words"]["credit"])
    assert 0.1 < again["mean"] < 0.3 and len(again["credit"]) == 360


def test_every_method_is_asked_about_the_novel_and_about_the_plays():
    names = [row.name for row in next_sentence.rows()]
    asked = {work: {name.split(": ")[1] for name in names if name.startswith(work)} for work in next_sentence.WORKS}
    assert len(set(names)) == len(names) and asked["Persuasion"] == asked["plays"] == set(next_sentence.methods())


def test_a_slow_method_is_asked_about_every_third_item():
    every = next_sentence.grade("Persuasion", next_sentence.by_words)["shared words"]["credit"]
    third = next_sentence.grade("Persuasion", next_sentence.by_words, every=3)["shared words"]["credit"]
    assert third == every[::3] and third != every[1::3]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["TinyGPT, likelihood", "TinyBERT, blanks", "TinyBERT, next-sentence head",
                                    "TinyGPT, vectors"])
def test_a_model_answers_a_few_items(method):
    graded = next_sentence.grade("Persuasion", next_sentence.methods()[method][0], n_items=3)
    assert all(len(row["credit"]) == 3 for row in graded.values())
