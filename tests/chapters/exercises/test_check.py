"""`python -m bertgpt_book.exercises` and score_exercises(), on a notebook of two exercises."""

import copy
import json
import sys
import types

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell

from bertgpt_book import exercises, keeping

SETUP = "import sys\n\nif 'google.colab' in sys.modules:\n    %pip install -q bertgpt\nthree, eight = 3, 8"
HEAD = "### Exercise 1.{n}: {title}\n\n★ · about 5 minutes <!-- {title} -->\n"
SUM = """# Exercise 1.1
total = {answer}

if total is ...:
    print("not done yet")
else:
    assert total == three + 4, "three and four"
    print("right")"""
PRODUCT = """# Exercise 1.2
def product(a, b):
    {answer}

if product(1, 1) is None:
    print("not done yet")
else:
    assert product(2, three) == 6
    print("right")"""
SOLUTION = "**Solution** <!-- x -->"
END = "<!-- the solution ends -->"


MAGICS = [("%matplotlib inline\n!ls\nx = 1\n", "pass\npass\nx = 1\n"), ("%%time\nx = 1\n", "x = 1\n")]
PYTHON = ["x = (a\n     %b)\n", "text = '''\n%d tokens\n!\n'''\n", "x != y\n"]


@pytest.mark.parametrize("source, plain", MAGICS + [(source, source) for source in PYTHON])
def test_magics_are_left_out_and_python_is_left_alone(source, plain):
    assert exercises.without_magics(source) == plain


@pytest.fixture
def notebook(tmp_path):
    """Write a notebook with these two answers: -> its path."""

    def write(total="...", product="...", setup=SETUP):
        cells = [("code", setup), ("markdown", HEAD.format(n=1, title="sum")), ("code", SUM.format(answer=total))]
        cells += [("markdown", SOLUTION), ("code", "three = 'changed by the solution'")]
        cells += [
            ("markdown", END + "\n\n" + HEAD.format(n=2, title="product")),
            ("code", PRODUCT.format(answer=product)),
        ]
        cells += [("markdown", END), ("code", "raise SystemExit")]
        path = tmp_path / "01_small.ipynb"
        cells = [{"cell_type": kind, "source": source.splitlines(keepends=True)} for kind, source in cells]
        path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
        return path

    return write


def check(capsys, monkeypatch, path):
    monkeypatch.setattr(sys, "argv", ["exercises", str(path)])
    code = exercises.main()
    out, err = capsys.readouterr()
    return code, out.splitlines(), err.splitlines()


@pytest.mark.parametrize(
    "total, product, verdicts, code",
    [
        ("...", "...", ["not done yet", "not done yet"], 1),
        ("7", "return a * b", ["done", "done"], 0),
        ("(7\n         %eight)", "return a * b", ["done", "done"], 0),  # a remainder, not a magic
        ("8", "return a + b", ["not right: three and four", "not right: assert product(2, three) == 6"], 1),
        ("7", "return a.b", ["done", "not right: AttributeError: 'int' object has no attribute 'b'"], 1),
        ("7", "return a *", ["done", "not right: SyntaxError: invalid syntax (<exercise>, line 3)"], 1),
    ],
)
def test_each_exercise_has_its_line(total, product, verdicts, code, notebook, capsys, monkeypatch):
    found, out, err = check(capsys, monkeypatch, notebook(total, product))
    done = sum(verdict == "done" for verdict in verdicts)
    assert out == [f"1.1 sum: {verdicts[0]}", f"1.2 product: {verdicts[1]}", f"{done} of 2 exercises done."]
    assert (found, err) == (code, [])


def test_a_cell_that_stops_is_named(notebook, capsys, monkeypatch):
    code, out, err = check(capsys, monkeypatch, notebook(setup="three = 3\nassert three > 4"))
    assert (code, out, len(err)) == (2, [], 1)
    assert "code cell 1 fails" in err[0] and "assert three > 4" in err[0]


@pytest.mark.slow
def test_several_notebooks_are_checked_each_for_itself(notebook, tmp_path, capfd, monkeypatch):
    answers = {"ann": "7", "ben": "sys.exit(0)", "cem": "8"}
    for name, total in answers.items():
        (tmp_path / name).mkdir()
        notebook(total, "return a * b").rename(tmp_path / name / "01_small.ipynb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["exercises", *(f"{name}/01_small.ipynb" for name in answers)])
    code, out = exercises.main(), capfd.readouterr().out.splitlines()
    assert code == 1 and out[0::4] == [f"{name}/01_small.ipynb:" for name in answers]
    found = ["done", "not right: SystemExit: 0", "not right: three and four"]
    assert out[1::4] == [f"1.1 sum: {verdict}" for verdict in found]


@pytest.mark.parametrize("text", [None, "", '{"cells": [1]}', '{"cells": []}'])
def test_what_is_no_chapter_is_refused_in_one_line(text, tmp_path, capsys, monkeypatch):
    if text is not None:
        (tmp_path / "notes.ipynb").write_text(text)
    code, out, err = check(capsys, monkeypatch, tmp_path / "notes.ipynb")
    assert (code, out, len(err)) == (2, [], 1) and "notes.ipynb" in err[0]
    assert ("No such file" if text is None else "03_masks.ipynb") in err[0]


def test_the_running_notebook_is_scored_by_what_was_run_last(monkeypatch):
    wrong, right = (SUM.format(answer=answer) for answer in (8, 7))
    main_module = types.ModuleType("__main__")
    vars(main_module).update({"In": ["", "three = 3", wrong, PRODUCT.format(answer="..."), right], "three": 3})
    monkeypatch.setitem(sys.modules, "__main__", main_module)
    shown = repr(exercises.score_exercises()).splitlines()
    assert shown == ["1.1: done", "1.2: not done yet", "1 of 2 exercises done."]


SLIP = """# Exercise 1.1
def total(numbers):
    {slip}
    return numbers.sum().item()

assert total(ids) == 7, "the sum of ids"
"""


def given():
    ids = torch.tensor([3, 4])
    model = torch.nn.Linear(2, 1)
    return {"ids": ids, "pairs": {"a": [ids, np.ones(2)]}, "model": model, "three": 3}


@pytest.mark.parametrize(
    "slip, name",
    [
        ("numbers[0] = 9", "ids"),
        ("pairs['a'][1][0] = 9", "pairs"),
        ("pairs['a'].pop()", "pairs"),
        ("pairs.clear()", "pairs"),
        ("model.weight.data.zero_()", "model"),
        ("model.register_forward_hook(print)", "model"),
        ("model.train(False)", "model"),
    ],
)
def test_what_an_answer_overwrites_is_put_back_and_named_if_it_is_wrong(slip, name):
    namespace = given()
    before = copy.deepcopy(namespace)
    found = exercises.verdict(SLIP.format(slip=slip).replace("== 7", "== 8"), namespace)
    assert found.startswith("not right: the sum of ids (") and f"wrote into `{name}`" in found
    assert namespace["ids"].equal(before["ids"]) and namespace["pairs"].keys() == {"a"}
    assert namespace["pairs"]["a"][0] is namespace["ids"] and namespace["pairs"]["a"][1].tolist() == [1, 1]
    model = namespace["model"]
    assert model.weight.equal(before["model"].weight) and model.training and not model._forward_hooks
    assert exercises.verdict(SLIP.format(slip=""), namespace) == "done"


def test_in_a_notebook_the_cells_of_exercises_alone_are_put_back(capsys):
    shell = InteractiveShell()
    try:
        keeping.keep_in_notebook(shell)
        shell.run_cell("import torch\nids = torch.tensor([3, 4])\nids[1] = 5")
        shell.run_cell("# Exercise 1.1\ndef answer(ids):\n    ids[0] = 9\nanswer(ids)\nkept = 1\nraise ValueError")
        assert shell.user_ns["ids"].tolist() == [3, 5] and shell.user_ns["kept"] == 1
        assert "wrote into `ids`" in capsys.readouterr().out
        shell.run_cell("# Exercise 1.1\nprint(ids[0].item())")
        assert capsys.readouterr().out == "3\n"
    finally:
        shell.history_manager.end_session()


def test_a_set_that_nobody_touched_was_not_written_into():
    sets = [{f"{n}{end}" for end in "abcdef"} for n in range(100)]
    assert any(list(each) != list(each.copy()) for each in sets)  # a copy lists them in another order
    assert keeping.keep({"sets": sets})() == []
    put_back = keeping.keep({"names": sets[0]})
    sets[0].add("g")
    assert put_back() == ["names"] and len(sets[0]) == 6


def test_outside_a_notebook_the_command_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", types.ModuleType("__main__"))
    with pytest.raises(RuntimeError, match="python -m bertgpt_book.exercises"):
        exercises.score_exercises()
