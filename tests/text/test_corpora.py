"""The shipped texts: verified when read, cut cleanly, and split without a leak."""

import re
from functools import cache

import pytest

from bertgpt.text.corpora import CORPORA, HELD_OUT, chapters, novels, plays, tale_chapters, tales


@cache
def everything(split):
    return {title: text for texts in CORPORA.values() for title, text in texts(split).items()}


@pytest.mark.slow
def test_held_out_texts_are_in_no_training_split():
    assert {title for name, texts in CORPORA.items() if name != "stories" for title in texts("test")} == HELD_OUT
    assert HELD_OUT >= {"Persuasion", "A Christmas Carol", "Henry V", "Macbeth", "Twelfth Night"}
    assert not set(everything("train")) & set(everything("test"))
    assert (len(novels("train")), len(plays("train")), len(tales("train"))) == (5, 35, 17)
    assert not re.search(r"gutenberg|\bebook", " ".join(everything("train").values()), re.I)
    assert set(chapters("test")) == {"Persuasion"}
    assert "Persuasion" not in chapters("train")


def passages(texts, n_words=12):
    """Every run of 12 words in any of the texts, without case and punctuation."""
    found = set()
    for text in texts.values():
        words = re.findall(r"[a-z]+", text.lower())
        found |= {hash(run) for run in zip(*(words[i:] for i in range(n_words)))}
    return found


@pytest.fixture(scope="module")
def read():
    return passages(everything("train"))


@pytest.mark.slow
def test_no_training_text_holds_a_passage_of_a_held_out_one(read):
    held_out = everything("test")
    assert not passages(held_out) & read
    persuasion = held_out["Persuasion"]
    assert passages({"a leak": persuasion[1000:1500]}) <= passages(held_out)  # or it could not fail


def test_a_tale_is_cut_at_its_headings_and_not_at_speech():
    raw = (
        'THE FIRST TALE\n\nOne\nline.\n\n* * *\n\nCHAPTER II. In which\n\n"TOM!"\n\nSHOUTED HE!\n\n'
        "II.\n\nI. The Second Tale\n\n_Two_.\n\nTHE END\n"
    )
    assert tale_chapters(raw) == ["One line.", '"TOM!"\n\nSHOUTED HE!', "Two."]
