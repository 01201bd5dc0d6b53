"""The depth slider in a browser: every row is of the depth that is chosen."""

import torch

from bertgpt_book.widgets import DepthSlider

STACKS = {
    "BERT": {"whole": torch.tensor([[0.0, 1], [0.25, 1.5]]), "no norms": torch.tensor([[0.0, 1], [-0.1, 12]])},
    "GPT": {"whole": torch.tensor([[0.0, 1], [0.5, 2]]), "no norms": torch.tensor([[0.0, 1], [1.0, 3]])},
}


def test_the_slider_shows_each_stack_at_its_depth(show):
    page = show(DepthSlider(STACKS))

    def row(model, stack):
        cells = page.locator(f'section[data-model={model}] tr[data-stack="{stack}"] td').all_inner_texts()
        return [text for text in cells if text]  # the bar has no text

    assert row("BERT", "whole") == row("GPT", "no norms") == ["0.00", "1.00"]
    slider = page.get_by_label("Blocks passed")
    slider.focus()
    page.keyboard.press("End")
    assert slider.input_value() == "1"
    assert [row(model, stack) for model in STACKS for stack in STACKS[model]] == [
        ["0.25", "1.50"],
        ["−0.10", "12.00"],
        ["0.50", "2.00"],
        ["1.00", "3.00"],
    ]
    assert page.locator("section[data-model=GPT] tbody th").all_inner_texts() == ["whole", "no norms"]
