"""The page on data and models: what it counts is what ships, and what it includes is there."""

import re
from pathlib import Path

import pytest

from bertgpt.assets import SHIPPED
from bertgpt.book.records import load_results
from bertgpt.text.corpora import CORPORA, HELD_OUT

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"
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


def card_row(name: str, row: str) -> list[float]:
    """Read the numbers of one row of a card's table."""
    (cells,) = re.findall(rf"^\| {re.escape(row)} \|(.+)\|$", (SHIPPED[name] / "README.md").read_text("utf-8"), re.M)
    return [float(number) for number in re.findall(r"\d+\.\d+", cells)]


def test_what_was_reached_and_missed_is_what_the_cards_say():
    rows = re.findall(r"^\| (?:TinyBERT, |the ).+ \| (?:.+) \| (.+) \|$", PAGE.partition("| aim | reached |")[2], re.M)
    told = [float(number) for row in rows[:4] for number in re.findall(r"\d+\.\d", row)]
    first = card_row("tinybert", "one token missing in the middle of 128, named first, % of 1,000")
    among_five = card_row("tinybert", "the same, among five guesses, %")
    ((others,), (within,)) = (card_row("tinybert", f"next sentence {where}, % of 500")
                              for where in ("against other books", "within the book"))
    ahead = round(others - 69.2, 1)
    assert "| the same of shared words, % | 69.2 |" in (SHIPPED["tinybert"] / "README.md").read_text("utf-8")
    reached = [first[0], among_five[0], first[1], among_five[1], ahead, within]
    assert told == reached
    assert first[0] > 42 and among_five[1] > 60                                       # reached
    assert among_five[0] < 66 and first[1] < 38 and ahead < 10 and within < 78        # missed
    tokens = {card_row(name, "tokens seen, in millions")[0] for name in SHIPPED}
    assert tokens == {15.6}
    bits = card_row("tinygpt", "bits a character")
    assert bits[0] <= 1.53 and bits[1] <= 1.80
    for book in ("", "A Christmas Carol: "):
        for game in ("first 20,000 tokens, nats", "15 % hidden, nats", "30 % hidden, nats"):
            both, specialist = card_row("tinyboth", book + game)
            assert both - specialist < 0.1


def test_the_plateau_ends_where_the_page_says():
    bert = next(row for row in load_results("shipped_training")["rows"] if row["model"] == "BERT")
    read, unseen = (dict(bert[split]["loss_at_mask"]) for split in ("training", "held_out"))
    assert read[400] < 5.5 < 6 < read[200] and bert["arguments"]["short_steps"] == 1200
    assert min(loss for step, loss in unseen.items() if step <= 1200) > 6.2 and unseen[1400] < 4.6


def test_one_causal_batch_in_sixteen_did_what_the_page_and_chapter_15_say():
    found = load_results("both_arm")
    made, asked = found["about"], {row["asked"]: row for row in found["rows"]}
    assert "--blanks 0.9375" in made["command"] and f"{made['seconds']:,} seconds" in PAGE and made["seed"] == 0
    assert made["tokens"] == 15_564_800                                               # as many as what ships
    names = {"first 20,000 tokens, nats": "next token"} | {f"{share} hidden, nats": f"{share} hidden"
                                                           for share in ("15 %", "30 %", "any number")}
    for what, name in names.items():
        ours, arm = asked[what]["TinyBoth"], asked[what]["arm"]
        assert f"| {name} | {ours:.2f} | {arm:.2f} |" in PAGE
        assert 0.3 < arm - ours < 0.4 if name == "next token" else abs(arm - ours) < 0.03
        assert card_row("tinyboth", what)[0] == pytest.approx(ours, abs=0.006)
    told = "{:.2f} where TinyBoth has {:.2f}, and level at the blanks, {:.2f} to {:.2f}".format(*(
        asked[what][who] for what in [*names][:2] for who in ("arm", "TinyBoth")))
    assert told in (CHAPTERS / "15_why_not_both.ipynb").read_text(encoding="utf-8")
