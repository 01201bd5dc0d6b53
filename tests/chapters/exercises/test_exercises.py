"""Every exercise of the book gets its stub, its solution and three wrong answers or more.

The wrong answers are in this folder, a file a chapter: under an exercise's label a sentence and a
fence each. A fence marked `right` is another right answer, or the only one where the solution binds
other names than the reader's.
"""

import ast
import copy
import dis
import functools
import inspect
import json
import os
import re
from contextlib import suppress
from pathlib import Path
from types import CodeType

import matplotlib
import numpy as np
import pytest
import torch

from bertgpt_book.exercises import DONE, FIRST_LINE, NOT_YET, Exercise, Score, read, run, verdict, without_magics

HERE = Path(__file__).parent
CHAPTERS = sorted((HERE.parents[2] / "chapters").glob("*.ipynb"))
FENCE = re.compile(r"^```python( right)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def answers_in(stem: str) -> dict[str, list[tuple[bool, str]]]:
    """Read a chapter's answers: -> label -> [(whether it is right, source), ...]."""
    text = (HERE / f"{stem}.md").read_text(encoding="utf-8")
    sections = re.split(r"^## (\S+)$", text, flags=re.MULTILINE)[1:]
    return {
        label: [(bool(right), source) for right, source in FENCE.findall(part)]
        for label, part in zip(sections[::2], sections[1::2])
    }


def names(node: ast.stmt) -> set[str]:
    """Return what a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return set()


def blanks(source: str) -> list[ast.stmt]:
    """Return the statements for the reader to fill in: those with `...` as a value."""

    def dots(node) -> int:
        return sum(isinstance(part, ast.Constant) and part.value is ... for part in ast.walk(node))

    def in_brackets(node) -> int:
        return sum(dots(part.slice) for part in ast.walk(node) if isinstance(part, ast.Subscript))

    return [node for node in ast.parse(source).body if names(node) and dots(node) > in_brackets(node)]


def answered(source: str, answer: str) -> str:
    """Replace the blanks that an answer fills by the answer."""
    given = {name for node in ast.parse(answer).body for name in names(node)}
    filled = [node for node in blanks(source) if names(node) & given]
    assert filled, "the answer fills no blank"
    lines = source.splitlines()
    for node in reversed(filled):
        lines[node.lineno - 1 : node.end_lineno] = answer.splitlines() if node is filled[0] else []
    return "\n".join(lines)


def spellings(name: str) -> tuple[str, str, str]:
    """Return what a solution may call a thing: name_solved, NameSolved or the same."""
    return f"{name}_solved", f"{name}Solved", name


def solved(source: str, found: set[str], how: str = "{}") -> str | None:
    """Answer an exercise by its solution's names."""
    answer = []
    for node in blanks(source):
        for name in sorted(names(node)):
            known = next((each for each in spellings(name) if each in found), None)
            if known is None:
                return None
            answer.append(f"{name} = {how.format(known)}")
    return answered(source, "\n".join(answer))


def solutions(path: Path) -> dict[str, str]:
    """Return the answer in the solution that follows each exercise: -> label -> source.

    What a solution shows with its answer is run with the notebook.
    """
    found, asked = {}, {}
    for kind, cell in read(path):
        if isinstance(cell, Exercise):
            label = cell.label
            asked[label] = {each for node in blanks(cell.source) for name in names(node) for each in spellings(name)}
        elif kind == "solution":
            found[label] = found.get(label, "") + cell + "\n"
    return {label: part_for(asked[label], source) for label, source in found.items()}


def names_of(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell uses before it binds them, and those that it binds or changes."""
    source = without_magics(source)
    used, bound, changed = set(), set(), set()

    def walk(code: CodeType, top: bool) -> None:
        for step in dis.get_instructions(code):
            if step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in bound:
                used.add(step.argval)
            elif step.opname == "STORE_NAME" and top:
                bound.add(step.argval)
            elif isinstance(step.argval, CodeType):
                walk(step.argval, top=False)

    walk(compile(source, "cell", "exec"), top=True)
    for node in ast.walk(ast.parse(source)):  # x[key] = ... and x.name = ...
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            changed |= {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
    return used, bound | changed


def part_for(wanted: set[str], source: str) -> str:
    """Return the statements of a solution that bind what is wanted, and what these use."""
    kept: list[str] = []
    for node in reversed(ast.parse(without_magics(source)).body):
        part = ast.unparse(node)
        used, bound = names_of(part)
        if bound & wanted:
            kept, wanted = [part, *kept], wanted | used
    return "\n".join(kept)


def needed_cells(path: Path) -> list[tuple[str, str | Exercise]]:
    """Read a chapter's exercises, and the other cells that they and their answers depend on.

    The rest trains and draws for a minute; that it runs at all is tested with the notebook.
    """
    needed, cells = set(), []
    given = [answer for pairs in answers_in(path.stem).values() for _, answer in pairs]
    for answer in [*solutions(path).values(), *given]:
        needed |= names_of(answer)[0]
    for kind, cell in reversed(read(path)):
        if isinstance(cell, Exercise) or kind == "code" and names_of(cell)[1] & needed:
            needed |= names_of(cell.source if isinstance(cell, Exercise) else cell)[0]
            cells.insert(0, (kind, cell))
    return cells


def spoil(value) -> None:
    """Overwrite all that is in a value, as a careless answer does to what it is given."""
    if isinstance(value, torch.Tensor):
        with torch.no_grad(), suppress(RuntimeError):
            value.zero_()
    elif isinstance(value, np.ndarray):
        value[...] = 0
    elif isinstance(value, torch.nn.Module):
        for numbers in [*value.parameters(), *value.buffers()]:
            spoil(numbers)
        value.register_forward_hook(lambda *args: None)  # as one that is forgotten
    elif isinstance(value, list | tuple | dict | set):
        for each in [*(value.values() if isinstance(value, dict) else value)]:
            spoil(each)
        if not isinstance(value, tuple):
            value.clear()


def spoiling(answer, given=0):
    """Make a function, or the methods of a class, overwrite what they were given once they have answered."""
    if isinstance(answer, type):
        methods = {name: spoiling(method, 1) for name, method in vars(answer).items() if inspect.isfunction(method)}
        return type(answer.__name__, (answer,), methods)
    if not inspect.isfunction(answer):
        return answer

    @functools.wraps(answer)
    def careless(*args, **kwargs):
        try:
            return copy.deepcopy(answer(*args, **kwargs))
        finally:
            spoil([*args[given:], *kwargs.values()])  # of a method, not itself

    return careless


def spoil_arguments(exercise: Exercise, namespace: dict, rights: list[str]) -> None:
    """Try an exercise with right answers that write into their arguments, whatever the verdict."""
    for right in rights:
        spoilt = namespace | {"spoiling": spoiling}
        run(right, spoilt, "careless")
        defined = {name for node in ast.parse(right).body for name in names(node)}
        source = solved(exercise.source, defined, "spoiling({})")
        if source is not None:
            verdict(source, spoilt)


def faults_of(exercise: Exercise, namespace: dict, answers: list[tuple[bool, str]], solution: str) -> list[str]:
    """Run an exercise's stub, answers and solution: -> what is judged wrongly.

    The solution comes after one that writes into its arguments, and must be taken nevertheless.
    """
    faults = []

    def judged(source: str) -> str:
        return verdict(source, dict(namespace))

    if (found := judged(exercise.source)) != NOT_YET:
        faults.append(f"its stub is {found}")
    for right, answer in answers:
        found = judged(answered(exercise.source, answer))
        if right != (found == DONE) or found == NOT_YET or "NameError" in found:
            faults.append(f"{found} is\n{answer}")
    spoil_arguments(exercise, dict(namespace), [solution, *(answer for right, answer in answers if right)])
    after = dict(namespace)
    verdict(exercise.source, after)
    run(solution, after, "solution")
    defined = {name for node in ast.parse(solution).body for name in names(node)}
    source = solved(exercise.source, defined)
    if source is not None and (found := verdict(source, after)) != DONE:
        faults.append(f"its solution is {found}")
    elif source is None and not any(right for right, _ in answers):
        faults.append("its solution has other names: add a right answer")
    return [f"{exercise.number} {exercise.label}: {fault}" for fault in faults]


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_exercise_takes_the_right_answer_and_no_wrong_one(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "MPLBACKEND", "agg")
    matplotlib.use("agg")
    answers, right, faults = answers_in(path.stem), solutions(path), []
    namespace = {"__name__": "__main__", "display": lambda *_, **__: None}
    for kind, cell in needed_cells(path):
        if isinstance(cell, Exercise):
            faults += faults_of(cell, namespace, answers[cell.label], right[cell.label])
            verdict(cell.source, namespace)
        elif kind == "code":
            run(cell, namespace, "cell")
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_exercise_is_marked_titled_and_has_three_wrong_answers(path):
    exercises = [cell for _, cell in read(path) if isinstance(cell, Exercise)]
    numbers = [f"{int(path.stem[:2])}.{n + 1}" for n in range(len(exercises))]
    assert [each.number for each in exercises] == numbers
    assert [FIRST_LINE.match(each.source)[1] for each in exercises] == numbers
    answers = answers_in(path.stem)
    assert [*answers] == [each.label for each in exercises]
    assert all(sum(not right for right, _ in given) >= 3 for given in answers.values())
    assert solutions(path).keys() == answers.keys()


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_the_stored_score_is_of_all_exercises_and_none_is_done(path):
    # nbval keeps no record of what was run, so this output is compared here and not there.
    cells = [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == "code"]
    (cell,) = [cell for cell in cells if "score_exercises()" in "".join(cell["source"])]
    stored = "".join(cell["outputs"][0]["data"]["text/plain"])
    exercises = [cell for _, cell in read(path) if isinstance(cell, Exercise)]
    assert stored == repr(Score([(each.number, NOT_YET) for each in exercises]))
