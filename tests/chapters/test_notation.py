"""The concordance of chapters/notation.md: every name in it exists, and none is missing.

A renamed parameter, on our side or theirs, makes these tests fail.
"""

import inspect
import re
from pathlib import Path

import pytest
from transformers import BertConfig, BertForPreTraining, GPT2Config, GPT2LMHeadModel
from transformers.modeling_outputs import CausalLMOutputWithCrossAttentions
from transformers.models.bert.modeling_bert import BertForPreTrainingOutput

from bertgpt import GPT, BERTForPreTraining, ModernConfig, TransformerConfig
from bertgpt.inference import probes
from bertgpt.model.attention import scaled_dot_product_attention
from bertgpt.training import objectives
from bertgpt.weights import modern
from bertgpt.weights.conversion import BERT_NAMES, GPT_NAMES

PAGE = (Path(__file__).resolve().parents[2] / "chapters" / "notation.md").read_text(encoding="utf-8")
COLUMNS = ["ours", "the 2017 paper", "HF BERT", "HF GPT-2", "nanoGPT"]
SIZES = dict(vocab_size=13, max_len=7, d_model=12, n_layers=1, n_heads=3, d_ff=20)


def read_tables(text: str) -> dict[str, list[dict[str, str]]]:
    """Return the tables of the concordance: heading -> rows, each column -> cell."""
    tables = {}
    for section in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        rows = [[cell.strip() for cell in line.strip("|").split("|")]
                for line in section.splitlines() if line.startswith("|")]
        assert rows[0] == COLUMNS
        assert all(len(row) == len(COLUMNS) for row in rows)
        tables[section.splitlines()[0]] = [dict(zip(COLUMNS, row)) for row in rows[2:]]
    return tables


def names(cell: str) -> list[str]:
    """Return the code spans of a cell."""
    return re.findall(r"`([^`]+)`", cell)


SINCE = "## Since 2019"
TABLES = read_tables(PAGE.split(SINCE)[0])
SETTINGS, BLOCK, AROUND, IN_AND_OUT = TABLES.values()
PARENTS = {"embeddings": "bert", "pooler": "bert",
           "wte": "transformer", "wpe": "transformer", "ln_f": "transformer"}


def whole_names() -> list[dict[str, str]]:
    """Return the rows about parameters, each name written out from the root of its model."""
    rows = []
    for row in BLOCK[1:]:
        block = {column: "".join(names(cell)) for column, cell in BLOCK[0].items()}
        rows.append({column: re.sub("`(?=.+`)", f"`{block[column]}.", cell) for column, cell in row.items()})
    for row in AROUND:
        parents = {column: PARENTS.get(re.match(r"`?(\w*)", cell)[1]) for column, cell in row.items()}
        rows.append({column: cell.replace("`", f"`{parents[column]}.", 1)
                     if parents[column] and column != "ours" else cell for column, cell in row.items()})
    return rows


PARAMETERS = whole_names()


@pytest.fixture(scope="module")
def models():
    sizes = dict(vocab_size=13, hidden_size=12, num_hidden_layers=1, num_attention_heads=3,
                 intermediate_size=20, max_position_embeddings=7)
    gpt_sizes = dict(vocab_size=13, n_embd=12, n_layer=1, n_head=3, n_positions=7,
                     bos_token_id=4, eos_token_id=4)
    return {
        "ours": [BERTForPreTraining(TransformerConfig.bert(**SIZES)), GPT(TransformerConfig.gpt(**SIZES))],
        "HF BERT": [BertForPreTraining(BertConfig(**sizes))],
        "HF GPT-2": [GPT2LMHeadModel(GPT2Config(**gpt_sizes))],
    }


def missing(stems: set[str], parameters: set[str]) -> tuple[set[str], set[str]]:
    """Return the names that stand for no parameter, and the parameters that no name stands for."""
    stems = {stem.replace(".N.", ".0.") for stem in stems}
    of = {parameter: parameter.rsplit(".", 1)[0] for parameter in parameters}
    return stems - set(of.values()), {parameter for parameter, stem in of.items() if stem not in stems}


@pytest.mark.parametrize("column", ["ours", "HF BERT", "HF GPT-2"])
def test_every_parameter_is_named_and_every_name_is_a_parameter(column, models):
    stems = {name for row in PARAMETERS for name in names(row[column])}
    parameters = {name for model in models[column] for name in model.state_dict()} - {"cls.predictions.bias"}
    assert missing(stems, parameters) == (set(), set())


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


def test_nanogpt_names_its_parameters_as_hugging_face_does():
    for row in PARAMETERS:
        assert row["nanoGPT"] == row["HF GPT-2"]


@pytest.mark.parametrize("column, config", [
    ("ours", TransformerConfig.bert()), ("HF BERT", BertConfig()), ("HF GPT-2", GPT2Config())])
def test_every_setting_exists(column, config):
    cells = " ".join(name for row in SETTINGS for name in names(row[column]))
    found = set(re.findall(r"[a-z]\w+", cells))
    assert len(found) >= 10
    assert {name for name in found if not hasattr(config, name)} == set()


def test_every_setting_of_ours_is_on_the_page():
    named = [names(row["ours"])[0] for row in SETTINGS]
    assert sorted(named) == sorted([*TransformerConfig.__dataclass_fields__, "d_head"])
    assert {"d_model", "n_heads", "d_head", "d_ff", "vocab_size", "n_layers"} == set(
        name for name in names(PAGE.split("## Shapes")[0]))


def test_every_input_and_output_exists(models):
    known = {
        "HF BERT": {*inspect.signature(BertForPreTraining.forward).parameters,
                    *BertForPreTrainingOutput.__dataclass_fields__},
        "HF GPT-2": {*inspect.signature(GPT2LMHeadModel.forward).parameters,
                     *CausalLMOutputWithCrossAttentions.__dataclass_fields__},
        "ours": set(),
    }
    for thing in (BERTForPreTraining, GPT, objectives, probes, scaled_dot_product_attention):
        known["ours"] |= set(re.findall(r"\w+", inspect.getsource(thing)))
    for row in IN_AND_OUT:
        for column, there in known.items():
            found = [name.split("[")[0] for name in names(row[column])]
            # A library may rename a thing between versions; the cell then holds both names.
            assert not found or set(found) & there, f"{column} has none of {found}"


def test_rows_since_2019_say_what_the_loader_does():
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in PAGE.split(SINCE)[1].splitlines() if line.startswith("| `")]
    settings, block = ([row for row in rows if len(row) == columns] for columns in (4, 3))
    fields = {name for row in settings for name in names(row[0])}
    assert len(fields) > 10 and fields <= {*ModernConfig.__dataclass_fields__}
    fused = {"q_proj": "qkv_proj", "k_proj": "qkv_proj", "v_proj": "qkv_proj", "gate_proj": "gate_up_proj",
             "up_proj": "gate_up_proj"}
    for ours, modernbert, gemma in block:
        stem, _, leaf = names(ours)[0].rpartition(".")
        own, other = (f"blocks.{{}}.{f'{stem}.{last}'.strip('.')}" for last in (leaf, fused.get(leaf, leaf)))
        assert modern.GEMMA_NAMES[own].removeprefix("model.layers.{}.") == names(gemma)[0]
        assert [modern.MODERNBERT_NAMES.get(other, "").removeprefix("model.layers.{}.")] == (names(modernbert) or [""])
    assert len(block) == sum(name.startswith("blocks.") for name in modern.GEMMA_NAMES)
