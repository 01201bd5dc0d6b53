"""The page on data and models: what it counts is what ships, and what it includes is there."""

import re
from pathlib import Path

import pytest

from bertgpt.assets import SHIPPED
from bertgpt.text.corpora import CORPORA, HELD_OUT

CHAPTERS = Path(__file__).resolve().parent.parent / "chapters"
PAGE = (CHAPTERS / "data_and_models.md").read_text(encoding="utf-8")
ROWS = {row[0]: row[1:] for row in re.findall(r"^\| `(\w+)` \| .+? \| ([\d,]+) \| ([\d,]+) \| (.+) \|$", PAGE, re.M)}


@pytest.mark.parametrize("name", CORPORA)
def test_each_corpus_has_as_many_words_and_keeps_what_the_page_says(name):
    words, _, kept = ROWS[name]
    assert sum(len(text.split()) for text in CORPORA[name]("train").values()) == int(words.replace(",", ""))
    assert set(re.findall(r"\*(.+?)\*", kept)) == set(CORPORA[name]("test")) <= HELD_OUT


@pytest.mark.slow
@pytest.mark.parametrize("name", CORPORA)
def test_each_corpus_has_as_many_tokens(name, tokenizer):
    tokens = sum(len(tokenizer.encode(text)) for text in CORPORA[name]("train").values())
    assert tokens == int(ROWS[name][1].replace(",", ""))


def test_the_cards_of_all_that_ships_and_every_provenance_stand_on_the_page():
    included = {(CHAPTERS / path).resolve() for path in re.findall(r"^```\{include\} (\S+)$", PAGE, re.M)}
    assets = SHIPPED["tinybert"].parent.resolve()
    assert included == {*(folder.resolve() / "README.md" for folder in SHIPPED.values()),
                        *assets.rglob("PROVENANCE*.md")}
