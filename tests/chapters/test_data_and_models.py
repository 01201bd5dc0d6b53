"""The page on data and models: its records belong to what ships, and it includes every card and provenance."""

import re
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from bertgpt.assets import CONTENTS, SHIPPED
from bertgpt.evaluation.metrics import bootstrap_interval
from bertgpt.text.corpora import CORPORA
from bertgpt_book.records import load_results, recorded

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


@pytest.mark.slow
def test_the_corpora_were_counted_as_they_ship_by_the_vocabulary_that_ships():
    found = load_results("corpora")
    assert CONTENTS["tokenizer.json"].startswith(found["about"]["data"]["tokenizer.json"])
    counted = {row["corpus"]: (row["texts"], row["held_out"], row["words"]) for row in found["rows"]}
    assert counted == {
        name: (len(texts := read("train")), len(read("test")), sum(len(text.split()) for text in texts.values()))
        for name, read in CORPORA.items()
    }


def test_the_cards_of_all_that_ships_and_every_provenance_stand_on_the_page():
    page = (CHAPTERS / "data_and_models.md").read_text(encoding="utf-8")
    included = {(CHAPTERS / path).resolve() for path in re.findall(r"^```\{include\} (\S+)$", page, re.M)}
    assets = SHIPPED["tinybert"].parent.resolve()
    assert included == {
        *(folder.resolve() / "README.md" for folder in SHIPPED.values()),
        *assets.rglob("PROVENANCE*.md"),
    }


def test_the_aims_were_reached_and_missed_as_the_page_says():
    bert, gpt, both = (recorded("cards")[name] for name in ("tinybert", "tinygpt", "tinyboth"))

    def plain(model, way):
        return [
            model[f"plain sentences: {what}, %"][way]["mean"]
            for what in ("first answer", "one of five", "sense before nonsense")
        ]

    aims = {"both sides": (50, 75, 93), "left to right": (70, 95, 93)}
    bits = gpt["next token, bits a character"]
    assert all(mark >= aim for mark, aim in zip(plain(gpt, "left to right"), aims["left to right"]))
    assert bits["Persuasion"]["mean"] <= 1.5 and bits["A Christmas Carol"]["mean"] <= 1.72
    assert gpt["next token, nats"]["stories"]["mean"] > 2.2
    assert all(mark < aim for mark, aim in zip(plain(bert, "both sides"), aims["both sides"]))
    assert bert["next sentence, %"]["Persuasion, its other chapters"]["mean"] < 78
    assert all(lead["interval"][0] > 0 for lead in bert["lead over shared words, points"].values())
    assert sum(mark >= aim for way in aims for mark, aim in zip(plain(both, way), aims[way])) == 3
    for twin, loss in ((bert, "15 % hidden, nats"), (gpt, "next token, nats")):
        assert all(twin[loss][text]["mean"] < both[loss][text]["mean"] for text in both[loss])


def test_the_trial_of_the_mix_came_out_as_the_page_says():
    runs = load_results("mix")["rows"]

    def means(kind, mix, read):
        return fmean(read(run) for run in runs if (run["kind"], run["mix"]) == (kind, mix))

    table = {
        kind: [
            [
                means(kind, mix, lambda run: run["losses"]["austen"]),
                means(kind, mix, lambda run: run["losses"]["stories"]),
                means(kind, mix, lambda run: run["plain"]["first"]),
            ]
            for mix in ("no stories", "all alike", "as shipped", "more stories")
        ]
        for kind in ("GPT", "BERT")
    }
    page = (CHAPTERS / "data_and_models.md").read_text(encoding="utf-8")
    for gpt, bert in zip(table["GPT"], table["BERT"]):
        assert " | ".join(f"{loss:.2f}" for loss in (*gpt[:2], *bert[:2])) in page
    for rows in table.values():
        fits = [share for *_, share in rows]
        assert "in {:.0f}, {:.0f}, {:.0f} and {:.0f}".format(*fits) in page
        assert max(fits) - min(fits) < 8  # an interval of 140 sentences is 16 points wide


def test_the_trial_at_blanks_came_out_as_the_page_says():
    runs = load_results("blanks")["rows"]
    page = (CHAPTERS / "data_and_models.md").read_text(encoding="utf-8")
    right, loss = {}, {}
    for way in ("as TinyBERT", "falling rate", "whole words", "no pairs"):
        seeds = [run for run in runs if run["name"] == way]
        assert sorted(run["seed"] for run in seeds) == [0, 1] and {run["tokens"] for run in seeds} == {4_915_200}
        right[way] = 100 * np.mean([[int(each) for each in run["first answers"]] for run in seeds], axis=0)
        loss[way] = [fmean(run["15 % hidden, nats"][text] for run in seeds) for text in ("stories", "Persuasion")]
        lead = right[way] - right["as TinyBERT"]  # (sentences,)
        low, high = bootstrap_interval(lead)
        assert low <= 0 <= high
        said = f"{lead.mean():.1f} ({low:.1f} to {high:.1f})" if way != "as TinyBERT" else ""
        cells = (way, f"{right[way].mean():.1f}", said, *(f"{nats:.2f}" for nats in loss[way]))
        assert "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|" in page
