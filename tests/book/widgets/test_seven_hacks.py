"""The seven hacks without a browser: what BERT is shown in each, and what is written."""

import pytest
import torch
from small_widgets import JUDGE, TEXTS, WORDS, make_widget

from bertgpt import fill_mask, generate
from bertgpt_book.widgets.seven_hacks import slot_order, write

PROMPT = WORDS.encode(TEXTS[0])
(STOP,), MASK = WORDS.encode("."), WORDS.mask_id
LENGTH, SWEEPS = 4, 3


@pytest.fixture(scope="module")
def models(word_models):
    return dict(zip(("BERT", "GPT"), word_models))


def greedy(logits):
    return logits.argmax(dim=-1)


def frame(*ids):
    return [WORDS.cls_id, *PROMPT, *ids, WORDS.sep_id]


@pytest.mark.parametrize(
    "way, order, inputs",
    [
        ("no mask", [0, 1], lambda a, b: [frame(), frame(a)]),
        ("[MASK] at the end", [0, 1], lambda a, b: [frame(MASK), frame(a, MASK)]),
        ("[MASK] and a full stop", [0, 1], lambda a, b: [frame(MASK, STOP), frame(a, MASK, STOP)]),
        ("all blanks at once", [0, 1], lambda a, b: [frame(MASK, MASK, STOP)] * 2),
        ("left to right", [0, 1], lambda a, b: [frame(MASK, MASK, STOP), frame(a, MASK, STOP)]),
        (
            "Gibbs sampling",
            [1, 0, 1],
            lambda a, b, c: [frame(MASK, MASK, STOP), frame(MASK, a, STOP), frame(b, MASK, STOP)],
        ),
        ("rolling blanks", [0, 1], lambda a, b: [frame(*[MASK] * 10), frame(a, *[MASK] * 10)]),
    ],
)
def test_bert_is_shown_what_each_hack_promises(models, way, order, inputs):
    seen = []
    hook = models["BERT"].embeddings.register_forward_pre_hook(lambda _, args: seen.append(args[0][0].tolist()))
    try:
        steps = write(models, WORDS, PROMPT, way, order, greedy)
    finally:
        hook.remove()
    assert seen == inputs(*(new for _, new, _ in steps))


def test_bert_is_read_at_the_last_token_or_the_blank_and_gpt_writes_what_generate_writes(models):
    with torch.inference_mode():
        last = models["BERT"](torch.tensor([frame()]))[0][0, -2]  # (V,)
    ((_, new, p),) = write(models, WORDS, PROMPT, "no mask", [0], greedy)
    torch.testing.assert_close(p, last.softmax(-1))
    assert new == int(last.argmax())
    ((_, new, p),) = write(models, WORDS, PROMPT, "[MASK] at the end", [0], greedy)
    ((word, share),) = fill_mask(models["BERT"], WORDS, TEXTS[0] + " [MASK]", top_k=1)[0]
    assert (WORDS.decode([new]), p.max().item()) == (word, pytest.approx(share))
    steps = write(models, WORDS, PROMPT, "GPT", range(5), greedy)
    written = generate(models["GPT"], torch.tensor([PROMPT]), 5, temperature=0)[0, -5:]
    assert [new for _, new, _ in steps] == written.tolist()


def test_what_is_stored_is_what_was_written_and_judged(models, word_models):
    widget = make_widget("seven hacks", *word_models, length=LENGTH, sweeps=SWEEPS)
    assert [len(rules[0]) for rules in widget.traces[0]] == [LENGTH] * 5 + [LENGTH * SWEEPS, LENGTH, LENGTH]
    order = slot_order("Gibbs sampling", LENGTH, SWEEPS, torch.Generator().manual_seed(0))
    written = write(models, WORDS, PROMPT, "Gibbs sampling", order, greedy)
    steps = widget.traces[0][5][0]
    assert [step["at"] for step in steps] == [slot for slot, _, _ in written]
    assert all(
        step["p"] == step["top"][0][1] == pytest.approx(p.max().item(), rel=0.01)
        for step, (_, _, p) in zip(steps, written, strict=True)
    )
    assert [step["judged"] is None for step in steps] == [True] * (LENGTH - 1) + [False] * (len(steps) - LENGTH + 1)
    final = {slot: new for slot, new, _ in written}
    expected = JUDGE.log_probs([*PROMPT, *(final[slot] for slot in range(LENGTH))])[len(PROMPT) :]
    assert steps[-1]["judged"] == pytest.approx(expected.tolist(), abs=0.006)
    assert len(widget.traces[0][0][0][1]["judged"]) == 2  # a growing text is judged as far as it goes
