"""Labelled texts: what they are, that the splits are fixed, and that nothing leaks."""

import re
from collections import Counter

import pytest

from bertgpt import assets
from bertgpt.tasks import labelled
from bertgpt.text import corpora
from bertgpt.text.corpora import SPLITS


def squeezed(text):
    return "".join(character for character in text.lower() if character.isalnum())


@pytest.mark.parametrize("task", [labelled.movie_snippets, labelled.genre_passages])
def test_no_text_stands_on_both_sides(task):
    train, held_out = ({squeezed(text) for text in task(split).texts} for split in SPLITS)
    assert train and held_out and not train & held_out


@pytest.mark.parametrize("task", [labelled.movie_snippets, labelled.genre_passages])
def test_a_split_that_does_not_exist_is_named(task):
    with pytest.raises(ValueError, match="train, test, not 'validation'"):
        task("validation")


@pytest.mark.parametrize("task", [labelled.movie_snippets, labelled.genre_passages])
def test_a_task_is_the_same_every_time(task):
    assert task("test") == task("test")


def test_snippets_are_split_one_in_five_and_keep_only_what_readers_agreed_on():
    train, held_out = (labelled.movie_snippets(split) for split in SPLITS)
    assert (len(train.texts), len(held_out.texts)) == (8024, 2046)
    assert 0.45 < sum(held_out.labels) / len(held_out.labels) < 0.55
    rated = [line.split("\t", 2) for line in assets.read_asset("corpora/movie_snippets.tsv.xz").splitlines()]
    rating = {text: float(mean) for _, mean, text in rated}
    for text, label in zip(held_out.texts, held_out.labels):
        assert rating[text] >= 0.5 if label else rating[text] <= -0.5


def test_genres_hold_out_whole_works():
    held_out = labelled.genre_passages("test")
    assert Counter(held_out.labels) == {0: 200, 1: 200, 2: 200, 3: 200}      # one work of each
    novel = " ".join(corpora.novels("test")["Persuasion"].split())
    for text, label in zip(held_out.texts, held_out.labels):
        assert (text in novel) == (held_out.names[label] == "novel")
        assert 40 <= len(text.split()) <= 80


def test_passages_do_not_name_the_speaker():
    passages = labelled.genre_passages("test")
    assert not any(re.search(r"MACBETH|Enter [A-Z]{2}", text) for text in passages.texts)


def test_a_true_reply_follows_and_nine_of_its_length_do_not():
    items = labelled.replies("test")
    assert len(items) == 360
    assert Counter(item.work for item in items) == dict.fromkeys(corpora.speeches("test"), 120)
    texts = {play: [speech for _, speech in spoken] for play, spoken in corpora.speeches("test").items()}
    gaps = []
    follows = {play: set(zip(spoken, spoken[1:], spoken[2:])) for play, spoken in texts.items()}
    for item in items:
        true = item.candidates[item.right]
        assert len(set(item.candidates)) == 10
        assert [text for text in item.candidates if (*item.before, text) in follows[item.work]] == [true]
        gaps += [abs(len(decoy.split()) - len(true.split())) for decoy in item.candidates]
    assert max(gaps) <= 4


def test_the_place_and_the_length_of_a_reply_give_nothing_away():
    items = labelled.replies("test")
    places = Counter(item.right for item in items)
    assert min(places.values()) > 20 and max(places.values()) < 55           # 36 expected
    gaps = [len(item.candidates[item.right].split()) - sum(len(text.split()) for text in item.candidates) / 10
            for item in items]
    assert abs(sum(gaps) / len(gaps)) < 0.1                                  # words


def test_a_true_sentence_follows_in_the_novel_and_its_place_gives_nothing_away():
    items = labelled.next_sentences()
    novel = " ".join(corpora.novels("test")["Persuasion"].split())
    assert len(items) == 360 and items == labelled.next_sentences()
    for item in items:
        assert f"{' '.join(item.before)} {item.candidates[item.right]}" in novel and len(set(item.candidates)) == 10
    places = Counter(item.right for item in items)
    assert min(places.values()) > 20 and max(places.values()) < 55           # 36 expected
