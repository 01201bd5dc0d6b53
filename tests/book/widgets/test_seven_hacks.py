"""The seven hacks without a browser: what BERT is shown in each, what is written, and the page's measures."""

import pytest
import torch
from small_widgets import JUDGE, TEXTS, WORDS, make_widget

from bertgpt import fill_mask, generate
from bertgpt_book.widgets.seven_hacks import HACKS, slot_order, write

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


def test_gibbs_visits_every_slot_once_per_sweep_and_the_others_go_from_left_to_right():
    order = slot_order("Gibbs sampling", 5, 3, torch.Generator().manual_seed(2))
    assert [sorted(order[i : i + 5]) for i in (0, 5, 10)] == [list(range(5))] * 3
    assert order[:5] != order[5:10]
    assert all(slot_order(hack, 5, 3) == list(range(5)) for hack in {*HACKS, "GPT"} - {"Gibbs sampling"})


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


def test_the_page_puts_steps_together_and_measures_a_text_without_blanks(in_node):
    steps = [
        {"at": 1, "token": "sea", "judged": None},
        {"at": 0, "token": ",", "judged": [-1, -3]},
        {"at": 1, "token": ",", "judged": [-1, -2]},
    ]
    grown = [{"at": 0, "token": "a", "judged": [-2]}, {"at": 1, "token": "b", "judged": [-2, -4]}]
    cases = {  # steps, how many, blanks -> slots, the judge's mean, shares of punctuation and of repeated tokens
        (0, 2): [[None, None], None, None, None],
        (1, 2): [[None, "sea"], None, None, None],
        (2, 2): [[",", "sea"], -2, 0.5, 0],
        (3, 2): [[",", ","], -1.5, 1, 0.5],
        (1, 0): [["a"], -2, 0, 0],
        (2, 0): [["a", "b"], -3, 0, 0],
    }
    given = [[steps if blanks else grown, n, blanks] for n, blanks in cases]
    found = in_node("seven_hacks.js", "return given.map((each) => Object.values(page.replay(...each)));", given)
    assert found == list(cases.values())
