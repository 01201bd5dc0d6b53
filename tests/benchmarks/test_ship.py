"""Shipping: a run becomes its model's row of the record, and a part of its card."""

import json

import pytest
from ship import command_of, made, row_of

from bertgpt.cli.main import parser


@pytest.fixture
def run(tmp_path):
    """Write the folder of a run of six steps as `train` does."""

    def write(*flags):
        given = ["train", "bert", "--text", "austen", "tales", "--out", str(tmp_path), "--steps", "6", *flags]
        args = vars(parser().parse_args(given))
        left_out = ("command", "run", "out", "resume", "device")
        arguments = {name: value for name, value in args.items() if name not in left_out}
        record = {"arguments": arguments, "steps": 6, "texts": [], "tokenizer": "another"}
        (tmp_path / "run.json").write_text(json.dumps(record))
        (tmp_path / "metrics.jsonl").write_text("".join(f'{{"seconds": {2.0 * step}}}\n' for step in range(1, 7)))
        (tmp_path / "model.safetensors").write_bytes(b"weights")
        return tmp_path

    return write


def test_a_run_becomes_a_row_and_a_part_of_the_card(run):
    folder = run("--weights", "1", "0.6")
    row = row_of(folder)
    assert row["model"] == "BERT" and row["tokens"] == 6 * 32 * 64 and row["seconds"] == 12
    card = made(row, folder / "model.safetensors")
    assert "train bert --text austen tales --weights 1 0.6 --steps 6" in card and str(folder) not in card


def test_a_command_is_read_as_it_was_given(run):
    arguments = row_of(run("--learning-rate", "2e-3", "--bfloat16"))["arguments"]
    words = command_of(arguments, "DIR").replace("\\\n", " ").split()
    again = vars(parser().parse_args(words))
    assert {name: again[name] for name in arguments} == arguments
