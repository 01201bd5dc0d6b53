"""A finished run becomes its curves: what was held out, and what was read around each look."""

import json

import record_training

from bertgpt.book.records import load_results

ARGUMENTS = {"model": "both", "steps": 6, "batch_size": 2, "context": 8, "eval_every": 2, "tokenizer": "somewhere.json"}


def write_run(folder, vocabulary="another"):
    """Write a run of six steps, three causal and three with blanks, that looks up after each second one."""
    history = [{"step": step, "lm_loss" if step % 2 else "mlm_loss": float(step), "seconds": step / 2}
               for step in range(1, 7)]
    for row in history[1::2]:
        row["held_out"] = {"loss": 9.0, "lm_loss": row["step"] / 10, "mlm_loss": row["step"] / 5}
    record = {"arguments": ARGUMENTS, "steps": 6, "texts": [], "tokenizer": vocabulary}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in history))
    return folder


def test_a_run_keeps_each_loss_held_out_and_the_mean_of_the_steps_around(tmp_path):
    row = record_training.row_of(write_run(tmp_path))
    assert (row["model"], row["seconds"], row["tokens"]) == ("BOTH", 3.0, 6 * 2 * 8)
    assert row["held_out"] == {"lm_loss": [[2, 0.2], [4, 0.4], [6, 0.6]], "mlm_loss": [[2, 0.4], [4, 0.8], [6, 1.2]]}
    # Steps 1 to 3, 3 to 5, 5 and 6: the causal ones among them, and the others.
    assert row["training"] == {"lm_loss": [[2, 2.0], [4, 4.0], [6, 5.0]], "mlm_loss": [[2, 2.0], [4, 4.0], [6, 6.0]]}


def test_the_course_s_own_vocabulary_is_called_by_its_name_wherever_it_was_read(tmp_path, tokenizer):
    assert record_training.row_of(write_run(tmp_path))["arguments"]["tokenizer"] == "somewhere.json"
    again = record_training.row_of(write_run(tmp_path, tokenizer.sha256()))
    assert again["arguments"]["tokenizer"] == "bpe"


def test_a_model_whose_run_is_not_given_keeps_its_curves():
    bert, gpt, again = {"model": "BERT", "n": 1}, {"model": "GPT", "n": 2}, {"model": "GPT", "n": 3}
    assert record_training.beside([again], [bert, gpt]) == [bert, again]
    assert record_training.beside([again], [bert]) == [bert, again]


def test_what_ships_has_a_curve_of_each_of_its_losses():
    for row in load_results("shipped_training")["rows"]:
        names = {"GPT": {"lm_loss"}, "BERT": {"mlm_loss", "loss_at_mask", "nsp_loss"}, "BOTH": {"lm_loss", "mlm_loss"}}
        assert set(row["held_out"]) == set(row["training"]) == names[row["model"]]
        for name, curve in row["held_out"].items():
            assert [step for step, _ in curve] == [step for step, _ in row["training"][name]]
            assert curve[-1][0] == row["arguments"]["steps"] and curve[-1][1] < curve[0][1]
