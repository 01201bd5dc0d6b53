"""The hybrid without a browser: its steps are the package's own, and the page takes the same ones."""

import json

import pytest
import torch
from harmless import HOSTILE, assert_harmless
from reference import seeded

from bertgpt import TransformerConfig, generate, load_tokenizer, unmask
from bertgpt.book.widgets import Hybrid
from bertgpt.book.widgets.hybrid import fill, next_words, write_on
from bertgpt.model.both import Both

TOKENIZER = load_tokenizer()
TEXT = " She had a [MASK] in her [MASK], and [MASK] it."
IDS = [TOKENIZER.eos_id, *TOKENIZER.encode(TEXT)]
SIZES = dict(vocab_size=TOKENIZER.vocab_size, max_len=40, d_model=12, n_layers=2, n_heads=3, d_ff=20)


@pytest.fixture(scope="module")
def model():
    return seeded(lambda: Both(TransformerConfig.gpt(**SIZES))).eval()


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_read_both_ways_its_passes_are_those_of_unmask(model, passes):
    ids, written_at = unmask(model, torch.tensor([IDS]), TOKENIZER.mask_id, passes)
    steps = fill(model, TOKENIZER, IDS, "bidirectional", passes)
    for number, step in enumerate(steps, start=1):
        assert step["at"] == (written_at[0] == number).nonzero()[:, 0].tolist()
        assert step["ids"] == ids[0, step["at"]].tolist()


def test_read_left_to_right_it_goes_on_as_generate_does(model):
    steps = write_on(model, TOKENIZER, IDS[:4], "causal", 6)
    expected = generate(model, torch.tensor([IDS[:4]]), 6, temperature=0)[0, 4:]
    assert [step["ids"][0] for step in steps] == expected.tolist() and [step["at"] for step in steps][0] == [4]


def test_a_causal_blank_does_not_see_what_stands_behind_it(model):
    place = IDS.index(TOKENIZER.mask_id)
    changed = [*IDS[:-1], TOKENIZER.encode("!")[0]]
    for order, same in (("causal", True), (place, True), ("bidirectional", False)):
        p, q = (next_words(model, ids, [place], order, TOKENIZER.mask_id) for ids in (IDS, changed))
        assert torch.equal(p, q) is same
        assert p[0, TOKENIZER.mask_id] == 0


def test_what_is_stored_and_refused(model):
    widget = Hybrid(model, TOKENIZER, TEXT, count=3, prefix=4, step=2)
    assert repr(widget) == f"Hybrid(tokens={len(IDS)}, games=2, masks=3)"
    known = IDS[:IDS.index(TOKENIZER.mask_id)]   # it goes on from the words before the first blank
    expected = {}
    for name, order in {"bidirectional": "bidirectional", "causal": "causal", "prefix": 4}.items():
        expected[f"fill, {name}"] = fill(model, TOKENIZER, IDS, order, 3)
        expected[f"go on, {name}"] = write_on(model, TOKENIZER, known, order, 3)
    assert widget.runs == expected and expected["fill, prefix"] != expected["fill, causal"]
    assert widget.shown() == expected["fill, bidirectional"][:2]
    with pytest.raises(ValueError, match="has none: put"):
        Hybrid(model, TOKENIZER, " no blank")
    with pytest.raises(ValueError, match="exceed max_len = 40"):
        Hybrid(model, TOKENIZER, TEXT, count=30)


def test_the_page_takes_the_same_steps(model, in_node):
    """The page scores by the engine; here Python's logits stand in for it, of every row that will be asked for."""
    asked = {}

    def note(ids, places):
        with torch.inference_mode():
            hidden = model.encode(torch.tensor([ids]), order="bidirectional")[0]
            logits = model.lm_head(hidden[[place - 1 for place in places]])
        asked[json.dumps([ids, places], separators=(",", ":"))] = logits.tolist()

    row = list(IDS)
    expected = fill(model, TOKENIZER, IDS, "bidirectional", 2)
    for step in expected:
        note(row, [t for t, id_ in enumerate(row) if id_ == TOKENIZER.mask_id])
        for place, id_ in zip(step["at"], step["ids"]):
            row[place] = id_
    found, dues, blanks = in_node(
        ("engine/client.js", "live.js", "hybrid.js"),
        f'import {{ due, fillBlanks, withBlanks }} from "./widget.mjs"; const asked = {json.dumps(asked)};'
        "const score = (ids, places) => Promise.resolve(asked[JSON.stringify([ids, places])]);"
        'const steps = await fillBlanks(score, IDS, MASK, 2); const dues = [1, 2, 3].map((pass) => due(7, 3, pass));'
        'console.log(JSON.stringify([steps, dues, ["a _ b", "A [MASK].", "▁▁ x"].map(withBlanks)]));'
        .replace("IDS", str(IDS)).replace("MASK,", f"{TOKENIZER.mask_id},"))
    assert [[step["at"], step["ids"]] for step in found] == [[step["at"], step["ids"]] for step in expected]
    assert sum(dues) == 7 and max(dues) - min(dues) <= 1
    assert blanks == [" a [MASK] b", " A [MASK].", " [MASK] x"]


def test_the_html_is_stable_and_asks_nobody_for_anything(model):
    assert_harmless(lambda: Hybrid(model, TOKENIZER, f"{HOSTILE} [MASK]", count=3))
