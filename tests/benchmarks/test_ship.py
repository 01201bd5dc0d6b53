"""Shipping: a run becomes a stage of its model's record without a path of this machine, and a part of its card."""

import json

import pytest
from ship import command_of, filled, made, row_of, stages_of

from bertgpt.cli.main import parser


@pytest.fixture
def run(tmp_path):
    """Write the folder of a run of six steps as `train` does."""
    def write(*flags):
        given = ["train", "bert", "--text", "austen", "tales", "--out", str(tmp_path), "--steps", "6", *flags]
        args = vars(parser().parse_args(given))
        arguments = {name: value for name, value in args.items() if name not in (
            "command", "run", "out", "resume", "device")}
        (tmp_path / "run.json").write_text(json.dumps(
            {"arguments": arguments, "steps": 6, "texts": [], "tokenizer": "another"}))
        history = [{"step": step, "mlm_loss": float(step), "seconds": 2.0 * step} for step in range(1, 7)]
        for step in (3, 6):
            history[step - 1]["held_out"] = {"mlm_loss": 10.0 + step}
        (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in history))
        (tmp_path / "model.safetensors").write_bytes(b"weights")
        return tmp_path
    return write


def test_a_run_that_goes_on_comes_after_those_before_it(run):
    first = stages_of(run("--eval-every", "3"), [])
    assert first[0]["held_out"]["mlm_loss"] == [[3, 13], [6, 16]]
    assert first[0]["training"]["mlm_loss"] == [[3, 3], [6, 5.5]]               # of steps 2 to 4, and 5 and 6
    folder = run("--start", "/somewhere/else", "--weights", "1", "0.6", "--seed", "1")
    second = stages_of(folder, first)
    assert second[0] == first[0] and len(second) == 2 and stages_of(folder, second) == second
    third = stages_of(run("--start", "/somewhere/other", "--seed", "2"), second)
    assert third[:2] == second and "somewhere" not in json.dumps(third)
    assert [stage["arguments"]["start"] for stage in third] == ["", "FIRST", "SECOND"]
    row = row_of(third)
    assert row["model"] == "BERT" and row["tokens"] == 3 * 6 * 32 * 64 and row["seconds"] == 36
    card = made(third, folder / "model.safetensors")
    assert "--out FIRST\n" in card and "--out SECOND\n" in card and "| seed | 0 | 1 | 2 |" in card
    assert stages_of(run("--eval-every", "3"), third) == first                  # made anew from nothing


def test_a_command_is_read_as_it_was_given(run):
    first = stages_of(run(), [])
    *_, stage = stages_of(run("--start", "tinybert", "--learning-rate", "2e-3", "--bfloat16"), first)
    words = command_of(stage["arguments"], "DIR").replace("\\\n", " ").split()
    again = vars(parser().parse_args(words))
    assert {name: again[name] for name in stage["arguments"]} == stage["arguments"]


def test_a_card_is_filled_between_its_marks_and_nowhere_else():
    card = "# A model\n<!-- made -->\nold\n<!-- end of made -->\nmore\n"
    once = filled(card, "made", "new")
    assert once == "# A model\n<!-- made -->\n\nnew\n\n<!-- end of made -->\nmore\n" == filled(once, "made", "new")
    with pytest.raises(ValueError, match="figures"):
        filled(card, "figures", "new")
