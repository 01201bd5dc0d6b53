"""The concordance of chapters/notation.md: it names every setting of ours, and its rows say what the loaders do."""

import re
from pathlib import Path

import pytest

from bertgpt import TransformerConfig
from bertgpt.weights.conversion import BERT_NAMES, GPT_NAMES

PAGE = (Path(__file__).resolve().parents[2] / "chapters" / "notation.md").read_text(encoding="utf-8")
COLUMNS = ["ours", "the 2017 paper", "HF BERT", "HF GPT-2", "nanoGPT"]


def read_tables(text: str) -> dict[str, list[dict[str, str]]]:
    """Return the tables of the concordance: heading -> rows, each column -> cell."""
    tables = {}
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        lines = [line for line in section.splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        assert rows[0] == COLUMNS
        assert all(len(row) == len(COLUMNS) for row in rows)
        tables[section.splitlines()[0]] = [dict(zip(COLUMNS, row)) for row in rows[2:]]
    return tables


def names(cell: str) -> list[str]:
    """Return the code spans of a cell."""
    return re.findall(r"`([^`]+)`", cell)


TABLES = read_tables(PAGE.split("## Since 2019")[0])
SETTINGS, BLOCK, AROUND, _ = TABLES.values()
PARENTS = {"embeddings": "bert", "pooler": "bert", "wte": "transformer", "wpe": "transformer", "ln_f": "transformer"}


def whole_names() -> list[dict[str, str]]:
    """Return the rows about parameters, each name written out from the root of its model."""
    rows = []
    for row in BLOCK[1:]:
        block = {column: "".join(names(cell)) for column, cell in BLOCK[0].items()}
        rows.append({column: re.sub("`(?=.+`)", f"`{block[column]}.", cell) for column, cell in row.items()})
    for row in AROUND:
        parents = {column: PARENTS.get(re.match(r"`?(\w*)", cell)[1]) for column, cell in row.items()}
        below = {column for column in row if parents[column] and column != "ours"}
        rows.append(row | {column: row[column].replace("`", f"`{parents[column]}.", 1) for column in below})
    return rows


PARAMETERS = whole_names()


@pytest.mark.parametrize("column, table", [("HF BERT", BERT_NAMES), ("HF GPT-2", GPT_NAMES)])
def test_rows_say_what_the_loader_does(column, table):
    """The loader reads q, k and v of GPT-2 as one, and the page shows the three of them."""
    split = {name: "qkv_proj" if column == "HF GPT-2" else name for name in ("q_proj", "k_proj", "v_proj")}
    mapping = {}
    for row in PARAMETERS:
        if names(row[column]):
            stem, _, leaf = names(row["ours"])[0].replace(".N.", ".{}.").rpartition(".")
            mapping[f"{stem}.{split.get(leaf, leaf)}".strip(".")] = names(row[column])[0].replace(".N.", ".{}.")
    assert mapping == table


def test_every_setting_of_ours_is_on_the_page():
    named = [names(row["ours"])[0] for row in SETTINGS]
    assert sorted(named) == sorted([*TransformerConfig.__dataclass_fields__, "d_head"])
    assert {"d_model", "n_heads", "d_head", "d_ff", "vocab_size", "n_layers"} == set(
        name for name in names(PAGE.split("## Shapes")[0])
    )
