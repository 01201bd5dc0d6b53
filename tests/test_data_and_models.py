"""The page on data and models: what it counts is what ships, and what it includes is there."""

import re
from pathlib import Path

import pytest

from bertgpt.assets import SHIPPED
from bertgpt.results import load_results
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


def test_the_plateau_ends_where_the_page_says():
    bert = next(row for row in load_results("shipped_training")["rows"] if row["model"] == "BERT")
    read, unseen = (dict(bert[split]["loss_at_mask"]) for split in ("training", "held_out"))
    assert read[400] < 5.5 < 6 < read[200] and bert["arguments"]["short_steps"] == 1200
    assert min(loss for step, loss in unseen.items() if step <= 1200) > 6.2 and unseen[1400] < 4.6
