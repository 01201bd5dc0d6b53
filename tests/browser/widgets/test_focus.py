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
    if name == "choice":
        return Predict("Which?", ["square", "triangle"], answer="square", why="So it is.")
    return Predict("How many?", answer=3, why="So it is.")


@pytest.mark.parametrize(
    "name, pressed, focused",
    [
        ("pair picker", ["Yes, it follows"], "Next pair"),
        ("pair picker", ["Yes, it follows", "Next pair"], "Yes, it follows"),
        ("choice", ["Show me"], "Ask me again"),
        ("choice", ["Show me", "Ask me again"], "square"),
        ("number", ["Answer"], "Your number"),
        ("mask explorer", ["Fetch the models"], "Your own sentence with _ for a [MASK]"),
        ("sampling playground", ["Draw 100", "Start again"], "Draw"),
        ("seven hacks", ["Next token"] * 3, "Step 4 of 4"),
        ("course test", ["Begin: Before the course", "Stop for now"], "Before the course: not yet sat."),
        ("course test", ["Forget my answers"], "Your answers are forgotten."),
    ],
)
def test_the_focus_moves_to_the_neighbour(show, small, name, pressed, focused):
    page = show(make(name, small), live=name == "mask explorer")
    if name == "number":
        page.get_by_label("Your number").fill("2")
    page.evaluate("window.confirm = () => true")
    for button in pressed:
        page.get_by_role("button", name=button).press("Enter")
        page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    name_of = "({ labels, ariaLabel, textContent }) => labels?.[0]?.textContent ?? ariaLabel ?? textContent"
    assert page.evaluate(f"({name_of})(document.activeElement)").strip() == focused
