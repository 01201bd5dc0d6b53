"""When a button hides or disables itself, its neighbour gets the focus, not the page."""

import pytest
import torch
from small_widgets import MAKERS, QUESTIONS

from bertgpt_book.widgets import CourseTest, PairPicker, Predict


def make(name, small):
    if name in MAKERS:
        return small(name)
    if name == "pair picker":
        shares = torch.tensor([[0.8, 0.1], [0.3, 0.7]])
        return PairPicker(["One.", "Two."], ["First.", "Second."], [0, 1], shares, shares, threshold=0.5)
    if name == "course test":
        return CourseTest(QUESTIONS)
    return Predict("Which?", ["square", "triangle"], answer="square", why="So it is.")


@pytest.mark.parametrize(
    "name, pressed, focused",
    [
        ("pair picker", ["Yes, it follows", "Next pair"], "Yes, it follows"),
        ("choice", ["Open the answer", "Ask me again"], "square"),
        ("sampling playground", ["Draw 100", "Start again"], "Draw"),
        ("seven hacks", ["Next token"] * 3, "Step 4 of 4"),
        ("course test", ["Begin: Before the course", "Stop for now"], "Before the course: not yet sat."),
    ],
)
def test_the_focus_moves_to_the_neighbour(show, small, name, pressed, focused):
    page = show(make(name, small))
    for button in pressed:
        page.get_by_role("button", name=button).press("Enter")
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    name_of = "({ labels, ariaLabel, textContent }) => labels?.[0]?.textContent ?? ariaLabel ?? textContent"
    assert page.evaluate(f"({name_of})(document.activeElement)").strip() == focused
