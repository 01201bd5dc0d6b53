"""The story of a chapter: what a reader sees who opens no fold and has not yet answered.

Most code in sight shows what it computes, no fold hides an output, and what answers a question waits
behind a gate.
"""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from reading import checks
from refresh import FOLDED, QUESTION

NOTEBOOKS = sorted((Path(__file__).resolve().parents[2] / "chapters").glob("*.ipynb"))


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def before_exercises(notebook):
    """Return the cells that tell the story: an exercise's checks and folded solutions are no part of it."""
    ends = [i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## Exercises")]
    return notebook.cells[: ends[0]] if ends else notebook.cells


def stated(source: str) -> int:
    """Count the asserts and checks of a cell, but for those inside a `try`: there the failure is the subject."""
    source = re.sub(r"^(\s*)%.*", r"\1pass", source, flags=re.MULTILINE)  # a line of IPython's own
    tried = [part for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Try) for part in node.body]
    return checks(source) - sum(checks(ast.unparse(part)) for part in tried)


def predict_name(cell) -> str | None:
    """Return the variable that a question's cell assigns; None for a quiz."""
    assigned = ast.parse(cell.source).body[0]
    return assigned.targets[0].id if isinstance(assigned, ast.Assign) else None


def question_faults(name: str, after: list) -> list[str]:
    """Find what shows a question's answer too early in the cells behind it, up to the next question."""
    answers = [i for i, cell in enumerate(after) if "answer" in tags(cell)]
    if not answers:
        return [f"{name}: no cell behind it is tagged `answer`"]
    found = []
    if any(cell.cell_type == "code" and cell.outputs for cell in after[: answers[0]]):
        found.append(f"{name}: an output is in sight before the one that is tagged `answer`")
    prose = [cell for cell in after[answers[0] :] if cell.cell_type == "markdown"]
    if prose and "answer" not in tags(prose[0]) and not prose[0].source.startswith("#"):
        found.append(f"{name}: the paragraph behind its answer is not tagged `answer`")
    if not any("check" in tags(cell) and f"{name}.check(" in cell.source for cell in after):
        found.append(f"{name}: no cell tagged `check` compares it with what was computed")
    return found


def faults(notebook) -> list[str]:
    """Return everything that spoils the story, one line each."""
    cells = before_exercises(notebook)
    visible = [cell for cell in cells if cell.cell_type == "code" and not tags(cell) & {*FOLDED, "question"}]
    found = [
        f"`{cell.source[:40]}` is folded and shows nothing: say in a first comment what it does"
        for cell in notebook.cells
        if "plumbing" in tags(cell) and not cell.outputs and cell.source[0] != "#"
    ]
    silent = [cell for cell in visible if not cell.outputs]
    if 3 * len(silent) > len(visible):
        found.append(f"{len(silent)} of {len(visible)} code cells in sight show nothing")
    found += [
        f"`{cell.source[:40]}` states its result in sight: put the assert in a cell tagged `check`"
        for cell in visible
        if stated(cell.source)
    ]
    found += [
        f"`{cell.source[:40]}` waits for an answer and holds a heading"
        for cell in cells
        if cell.cell_type == "markdown" and "answer" in tags(cell) and re.search("^#", cell.source, re.MULTILINE)
    ]
    starts = [i for i, cell in enumerate(cells) if "question" in tags(cell) and predict_name(cell)]
    for start, end in zip(starts, [*starts[1:], len(cells)]):
        found += question_faults(predict_name(cells[start]), cells[start + 1 : end])
    for cell in notebook.cells:
        if "question" in tags(cell) and {key: cell.metadata.get(key) for key in QUESTION} != QUESTION:
            found.append(f"`{cell.source[:40]}` shows its source somewhere: run `make refresh`")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_answer_is_in_sight_before_its_question_is_answered(path):
    assert faults(nbformat.read(path, as_version=4)) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_has_at_most_three_gates(path):
    cells = before_exercises(nbformat.read(path, as_version=4))
    assert len([cell for cell in cells if "question" in tags(cell) and predict_name(cell)]) <= 3
