"""The story of a chapter: what a reader sees who opens no fold and has not yet answered.

Two of three code cells that are in sight show what they compute, no fold hides what a cell shows, and no answer to a
question is in sight before the reader has given one.
"""

import ast
import copy
import re
from pathlib import Path

import nbformat
import pytest
from reading import checks
from refresh import QUESTION

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "chapters").glob("*.ipynb"))

FOLDED = {"setup", "check", "plumbing", "question"}


def tags(cell) -> set[str]:
    return set(cell.metadata.get("tags", []))


def before_exercises(notebook):
    """Return the cells that tell the story: an exercise's checks and folded solutions are no part of it."""
    ends = [i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## Exercises")]
    return notebook.cells[:ends[0]] if ends else notebook.cells


def in_sight(cells):
    return [cell for cell in cells if cell.cell_type == "code" and not tags(cell) & FOLDED]


def stated(source: str) -> int:
    """Count the asserts and checks of a cell; one that is tried is itself what the cell is about."""
    source = re.sub(r"^(\s*)%.*", r"\1pass", source, flags=re.MULTILINE)          # a line of IPython's own
    tried = [part for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Try) for part in node.body]
    return checks(source) - sum(checks(ast.unparse(part)) for part in tried)


def asked(cell) -> tuple[str, str] | None:
    """Read a question's cell: -> the name it is given and the answer as a reader would write it; None for a quiz."""
    assigned = ast.parse(cell.source).body[0]
    if not isinstance(assigned, ast.Assign):
        return None
    call = assigned.value
    answer = next(ast.literal_eval(word.value) for word in call.keywords if word.arg == "answer")
    options = ast.literal_eval(call.args[1]) if len(call.args) > 1 else {}
    labels = [label for label, value in options.items() if value == answer] if isinstance(options, dict) else [answer]
    return assigned.targets[0].id, str(labels[0] if labels else answer)


def shown(cell) -> str:
    """Return all that a cell shows in words: prose, printed text, caption and words of a figure."""
    if cell.cell_type == "markdown":
        return cell.source
    words = [output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "\n".join([*words, str(cell.metadata.get("mystnb", ""))])


def says(cell, answer: str) -> bool:
    """Tell whether a cell gives an answer away; a short one may stand anywhere by chance, but no number in prose."""
    shortest = 2 if cell.cell_type == "markdown" and answer.isdigit() else 4
    text = shown(cell)
    return len(answer) >= shortest and re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text, re.IGNORECASE) is not None


def question_faults(name: str, answer: str, after: list) -> list[str]:
    """Find what gives a question away in the cells behind it, up to the next question."""
    waiting = [i for i, cell in enumerate(after) if "answer" in tags(cell)]
    if not waiting:
        return [f"{name}: no cell behind it is tagged `answer`"]
    found = []
    step = next((i for i, cell in enumerate(after) if i > waiting[0] and cell.source.startswith("#")), len(after))
    early = [cell for cell in after[:waiting[0]] if cell.cell_type == "code" and cell.outputs]
    if early:
        found.append(f"{name}: an output is in sight before the one that is tagged `answer`")
    if any(says(cell, answer) for cell in after[:step] if "answer" not in tags(cell)):
        found.append(f"{name}: its answer {answer!r} is in sight")
    told = [cell for cell in after[waiting[0]:] if cell.cell_type == "markdown"]
    if told and "answer" not in tags(told[0]) and not told[0].source.startswith("#"):
        found.append(f"{name}: the paragraph behind its answer is not tagged `answer`")
    if not any("check" in tags(cell) and f"{name}.check(" in cell.source for cell in after):
        found.append(f"{name}: no cell tagged `check` compares it with what was computed")
    return found


def faults(notebook) -> list[str]:
    """Return everything that spoils the story, one line each."""
    cells = before_exercises(notebook)
    visible = in_sight(cells)
    found = [f"`{cell.source[:40]}` is hidden by {sorted(hidden)}"
             for cell in notebook.cells if (hidden := tags(cell) & {"hide-input", "hide-output", "hide-cell"})]
    found += [f"`{cell.source[:40]}` is folded and shows nothing: say in a first comment what it does"
              for cell in notebook.cells if "plumbing" in tags(cell) and not cell.outputs and cell.source[0] != "#"]
    silent = [cell for cell in visible if not cell.outputs]
    if 3 * len(silent) > len(visible):
        found.append(f"{len(silent)} of {len(visible)} code cells in sight show nothing")
    found += [f"`{cell.source[:40]}` states its result in sight: put the assert in a cell tagged `check`"
              for cell in visible if stated(cell.source)]
    found += [f"`{cell.source[:40]}` waits for an answer and holds a heading" for cell in cells
              if cell.cell_type == "markdown" and "answer" in tags(cell) and re.search("^#", cell.source, re.MULTILINE)]
    places = [i for i, cell in enumerate(cells) if "question" in tags(cell) and asked(cell)]
    if not 4 <= len(places) <= 9:
        found.append(f"{len(places)} questions, not 4 to 9")
    for place, following in zip(places, [*places[1:], len(cells)]):
        found += question_faults(*asked(cells[place]), cells[place + 1:following])
    for cell in notebook.cells:
        if "question" in tags(cell) and {key: cell.metadata.get(key) for key in QUESTION} != QUESTION:
            found.append(f"`{cell.source[:40]}` shows its source somewhere: run `make refresh`")
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_chapter_shows_first_and_gives_no_answer_away(path):
    assert faults(nbformat.read(path, as_version=4)) == []


# --- tests of the tests ----------------------------------------------------------------------------


def code(source, *own, text=None):
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    return nbformat.v4.new_code_cell(source, metadata={"tags": list(own)}, outputs=outputs)


def test_on_a_phone_no_result_of_the_mask_chapter_stands_beside_the_page():
    cells = nbformat.read(ROOT / "chapters" / "03_masks.ipynb", 4).cells
    printed = [line for cell in cells if cell.cell_type == "code" and "remove-cell" not in tags(cell)
               for output in cell.outputs if output.output_type == "stream" for line in output.text.splitlines()]
    assert len(printed) > 40 and max(map(len, printed)) <= 40


def torn(printed: str) -> list[str]:
    """Return the rows of a table that a phone, where 44 characters stand in a line, would tear in two."""
    rows = [row for row in printed.splitlines() if re.search(r"\S {2,}\S", row)]
    return [row for row in rows if len(row) > 44 and row[0] not in "+-" and not set(row) & set("'\"")]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_phone_tears_no_table_that_a_chapter_prints(path):
    printed = [output.text for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"
               for output in cell.outputs if output.output_type == "stream"]
    assert [rows for rows in map(torn, printed) if len(rows) > 2] == []


@pytest.fixture
def story():
    """Four times the same sound step, and an exercise."""
    cells = []
    for i in range(4):
        asking = code(f"q{i} = Predict('Which?', ['square', 'triangle'], answer='triangle', why='So.')\nq{i}")
        asking.metadata.update(copy.deepcopy(QUESTION))
        cells += [nbformat.v4.new_markdown_cell(f"## Step {i}\n\nWhy."), asking,
                  code("print(mask)", "answer", text="a triangle"), code(f"q{i}.check(mask)", "check"),
                  nbformat.v4.new_markdown_cell("The triangle, of course.", metadata={"tags": ["answer"]})]
    cells += [nbformat.v4.new_markdown_cell("## Exercises"), code("assert mask")]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.mark.parametrize("spoil, complaint", [
    (lambda cells: cells[2].metadata.update(tags=["answer", "hide-output"]), "hidden by"),
    (lambda cells: cells[2].update(source="print(mask)\nassert mask"), "states its result"),
    (lambda cells: cells[2].metadata.update(tags=[]), "in sight before the one"),
    (lambda cells: cells[2].update(outputs=[]) or cells[7].update(outputs=[]), "2 of 4 code cells"),
    (lambda cells: cells.insert(1, code("train()", "plumbing")), "is folded and shows nothing"),
    (lambda cells: cells[3].update(source="assert mask"), "q0: no cell tagged `check`"),
    (lambda cells: cells[4].metadata.update(tags=[]), "q0: the paragraph behind"),
    (lambda cells: cells.insert(2, nbformat.v4.new_markdown_cell("A triangle?")), "'triangle' is in sight"),
    (lambda cells: (cells[1].update(source=cells[1].source.replace("'triangle', why", "16, why")),
                    cells.insert(2, nbformat.v4.new_markdown_cell("Is it 16?"))), "'16' is in sight"),
    (lambda cells: cells[4].update(source="So.\n\n## Next"), "holds a heading"),
    (lambda cells: cells[1].metadata.pop("cellView"), "shows its source"),
    (lambda cells: cells.pop(1), "3 questions"),
    (lambda cells: [cells[i].metadata.update(tags=[]) for i in (2, 4)], "no cell behind it"),
])
def test_each_fault_is_seen(story, spoil, complaint):
    assert faults(story) == []
    spoil(story.cells)
    assert any(complaint in fault for fault in faults(story)), faults(story)
