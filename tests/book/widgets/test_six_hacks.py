"""The six hacks without a browser: what BERT is shown in each, what is written, and the page's arithmetic."""

import json

import numpy as np
import pytest
import torch
from harmless import HOSTILE, assert_harmless

from bertgpt import GPT, BERTForPreTraining, TransformerConfig, fill_mask, generate, load_tokenizer
from bertgpt.book.widgets import SixHacks
from bertgpt.book.widgets.six_hacks import HACKS, logits_at, replay, visits, write
from bertgpt.evaluation.ngrams import Unigram
from bertgpt.inference.decoding import sample_next_token

TOKENIZER = load_tokenizer()
PROMPTS = [" Today, I went to", " She had"]
PROMPT = TOKENIZER.encode(PROMPTS[0])
(STOP,) = TOKENIZER.encode(".")
JUDGE = Unigram(TOKENIZER.vocab_size).fit(np.arange(400))
LENGTH, SWEEPS, TOP = 4, 3, 3


@pytest.fixture(scope="module")
def models():
    torch.manual_seed(1)
    sizes = dict(vocab_size=TOKENIZER.vocab_size, max_len=32, d_model=12, n_layers=1, n_heads=3, d_ff=20)
    bert = BERTForPreTraining(TransformerConfig.bert(**sizes)).eval()
    gpt = GPT(TransformerConfig.gpt(**sizes)).eval()
    with torch.no_grad():
        for head in (bert.mlm_head, gpt.lm_head):
            head.decoder.weight.mul_(15)         # an untaught head is all but indifferent: make it choose
    return {"BERT": bert, "GPT": gpt}


def hacks(models, prompts=PROMPTS, **traits):
    return SixHacks(models["BERT"], models["GPT"], TOKENIZER, JUDGE, prompts, LENGTH, SWEEPS, TOP, **traits)


def greedy(logits):
    return logits.argmax(dim=-1)


def rows_shown(models, way, order):
    """Write greedily and keep every row that BERT was given: -> ids of each, what was written."""
    seen = []
    hook = models["BERT"].embeddings.register_forward_pre_hook(lambda _, args: seen.append(args[0][0].tolist()))
    try:
        taken = write(models, TOKENIZER, PROMPT, way, order, greedy)
    finally:
        hook.remove()
    return seen, taken


def test_bert_is_shown_what_each_hack_says(models):
    mask, frame = TOKENIZER.mask_id, lambda *ids: [TOKENIZER.cls_id, *PROMPT, *ids, TOKENIZER.sep_id]
    rows, taken = rows_shown(models, "no mask", range(2))
    assert rows == [frame(), frame(taken[0][1])]
    rows, taken = rows_shown(models, "[MASK] at the end", range(2))
    assert rows == [frame(mask), frame(taken[0][1], mask)]
    rows, taken = rows_shown(models, "[MASK] and a full stop", range(2))
    assert rows == [frame(mask, STOP), frame(taken[0][1], mask, STOP)]
    rows, taken = rows_shown(models, "all blanks at once", range(2))
    assert rows == [frame(mask, mask, STOP)] * 2
    rows, taken = rows_shown(models, "left to right", range(2))
    assert rows == [frame(mask, mask, STOP), frame(taken[0][1], mask, STOP)]
    rows, taken = rows_shown(models, "Gibbs sampling", [1, 0, 1])
    assert rows == [frame(mask, mask, STOP), frame(mask, taken[0][1], STOP), frame(taken[1][1], mask, STOP)]


def test_the_head_is_read_where_the_hack_says(models):
    framed = torch.tensor([[TOKENIZER.cls_id, *PROMPT, TOKENIZER.sep_id]])
    with torch.inference_mode():
        last = models["BERT"](framed)[0][:, -2]                                            # (1, V)
    (_, new, p), = write(models, TOKENIZER, PROMPT, "no mask", [0], greedy)
    torch.testing.assert_close(p, last.softmax(-1)[0])
    assert new == int(last.argmax())
    (_, new, p), = write(models, TOKENIZER, PROMPT, "[MASK] at the end", [0], greedy)
    (word, share), = fill_mask(models["BERT"], TOKENIZER, PROMPTS[0] + " [MASK]", top_k=1)[0]
    assert (TOKENIZER.decode([new]), p.max().item()) == (word, pytest.approx(share))


def test_gpt_writes_what_generate_writes(models):
    ids = torch.tensor([PROMPT])
    taken = write(models, TOKENIZER, PROMPT, "GPT", range(5), greedy)
    assert [new for _, new, _ in taken] == generate(models["GPT"], ids, 5, temperature=0)[0, -5:].tolist()
    draws = torch.Generator().manual_seed(4), torch.Generator().manual_seed(4)
    taken = write(models, TOKENIZER, PROMPT, "GPT", range(5), lambda z: sample_next_token(z, generator=draws[0]))
    assert [new for _, new, _ in taken] == generate(models["GPT"], ids, 5, generator=draws[1])[0, -5:].tolist()


def test_gibbs_visits_every_slot_once_a_sweep_and_the_others_go_from_left_to_right():
    order = visits("Gibbs sampling", 5, 3, torch.Generator().manual_seed(2))
    assert [sorted(order[i:i + 5]) for i in (0, 5, 10)] == [list(range(5))] * 3
    assert order[:5] != order[5:10]
    assert all(visits(hack, 5, 3) == list(range(5)) for hack in [*HACKS[:5], "GPT"])


def test_the_asked_place_is_the_one_answered(models):
    row = [*PROMPT, TOKENIZER.mask_id, STOP]
    framed = torch.tensor([[TOKENIZER.cls_id, *row, TOKENIZER.sep_id]])
    with torch.inference_mode():
        whole = models["BERT"](framed)[0][0]                                               # (T, V)
    for place in range(len(row)):
        torch.testing.assert_close(logits_at(models["BERT"], TOKENIZER, row, place)[0], whole[place + 1])


def test_steps_put_together():
    steps = [{"at": 1, "token": "sea", "judged": None}, {"at": 0, "token": ",", "judged": [-1, -3]},
             {"at": 1, "token": ",", "judged": [-1, -2]}]
    assert replay(steps, 0, 2) == {"slots": [None, None], "mean": None, "signs": None, "repeats": None}
    assert replay(steps, 1, 2)["slots"] == [None, "sea"] and replay(steps, 1, 2)["mean"] is None
    assert replay(steps, 2, 2) == {"slots": [",", "sea"], "mean": -2, "signs": 0.5, "repeats": 0}
    assert replay(steps, 3, 2) == {"slots": [",", ","], "mean": -1.5, "signs": 1, "repeats": 0.5}
    grown = [{"at": 0, "token": "a", "judged": [-2]}, {"at": 1, "token": "b", "judged": [-2, -4]}]
    assert replay(grown, 2, 0)["slots"] == ["a", "b"] and replay(grown, 1, 0)["mean"] == -2


def test_what_is_stored_is_what_was_written_and_judged(models):
    widget = hacks(models)
    assert repr(widget) == "SixHacks(prompts=2, ways=7)"
    assert [len(rules[0]) for rules in widget.traces[0]] == [LENGTH] * 5 + [LENGTH * SWEEPS, LENGTH]
    order = visits("Gibbs sampling", LENGTH, SWEEPS, torch.Generator().manual_seed(0))
    taken = write(models, TOKENIZER, PROMPT, "Gibbs sampling", order, greedy)
    steps = widget.traces[0][5][0]
    assert [step["at"] for step in steps] == [slot for slot, _, _ in taken]
    assert all(step["p"] == step["top"][0][1] == pytest.approx(p.max().item(), rel=0.01)
               for step, (_, _, p) in zip(steps, taken, strict=True))
    assert [step["judged"] is None for step in steps] == [True] * (LENGTH - 1) + [False] * (len(steps) - LENGTH + 1)
    final = {slot: new for slot, new, _ in taken}
    expected = JUDGE.log_probs([*PROMPT, *(final[slot] for slot in range(LENGTH))])[len(PROMPT):]
    assert steps[-1]["judged"] == pytest.approx(expected.tolist(), abs=0.006)
    assert len(widget.traces[0][0][0][1]["judged"]) == 2       # a text that grows is judged as far as it goes


def test_what_is_shown_follows_the_choices(models):
    widget = hacks(models, way=6, step=99)
    shown = widget.shown()
    assert shown["step"] == LENGTH and shown["mean"] == shown["GPT"]["mean"]
    for widget.rule in (0, 1):
        assert widget.shown()["slots"] == [step["token"] for step in widget.traces[0][6][widget.rule]]
    widget.way, widget.step, widget.prompt = 4, 1, 1
    assert widget.shown()["slots"][1:] == [None] * (LENGTH - 1) and widget.shown()["mean"] is None


def test_the_seed_decides_the_draws_and_nothing_else(models):
    one, same, other = (hacks(models, PROMPTS[:1], seed=seed) for seed in (3, 3, 4))
    assert one.traces == same.traces != other.traces
    assert [rules[0] for rules in one.traces[0][:5]] == [rules[0] for rules in other.traces[0][:5]]


@pytest.mark.parametrize("prompts, length, complaint", [
    ([], 4, "need a prompt"), ([""], 4, "need a prompt"), (PROMPTS, 0, "need a prompt"), (PROMPTS, 40, "do not fit")])
def test_nothing_to_show_is_refused(models, prompts, length, complaint):
    with pytest.raises(ValueError, match=complaint):
        SixHacks(models["BERT"], models["GPT"], TOKENIZER, JUDGE, prompts, length)


def test_the_html_is_stable_and_asks_nobody_for_anything(models):
    assert_harmless(lambda: hacks(models, [HOSTILE]))


def test_the_page_computes_as_python_does(models, in_node):
    widget = hacks(models)
    cases = [(steps, n, blanks) for trace, (_, _, blanks) in zip(widget.traces[0], widget.ways, strict=True)
             for steps in trace for n in range(len(steps) + 1)]
    in_page = in_node("six_hacks.js", 'import { replay } from "./widget.mjs";'
                      f"console.log(JSON.stringify({json.dumps(cases)}.map((case_) => replay(...case_))));")
    for page, case in zip(in_page, cases, strict=True):
        expected = replay(*case)
        assert page["slots"] == expected["slots"]
        for name in ("mean", "signs", "repeats"):
            assert page[name] == (None if expected[name] is None else pytest.approx(expected[name], abs=1e-12))
