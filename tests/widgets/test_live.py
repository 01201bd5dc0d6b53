"""What widgets that ask the engine compute in the page: the same as Python, of the same logits."""

import json

import pytest
import torch

from bertgpt.decoding import filter_logits
from bertgpt.widgets.base import readable

PLAYGROUND = ("live.js", "playground_live.js", "sampling_playground.js")
V, TOP = 60, 12
TEXTS = ["She", " She", "“She", ""]
TOKENS = [" sea", "ing", ",", "\t", " ", "\n\n", "é", "—", "1", " (", ""]


def logits():
    return torch.randn(V, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 2


def test_a_token_is_written_as_python_writes_it(in_node):
    found = in_node("live.js", 'import { readable, spaced } from "./widget.mjs";'
                    f"const texts = {json.dumps(TEXTS)};"
                    f"console.log(JSON.stringify([{json.dumps(TOKENS)}.map(readable), texts.map(spaced)]));")
    assert found == [[readable(token) for token in TOKENS], [" She", " She", "“She", ""]]


def test_a_look_holds_the_likeliest_tokens_and_all_others_at_every_temperature(in_node):
    ordered, order = logits().sort(descending=True)
    rest = [(ordered[TOP:] / (tenth / 10)).logsumexp(-1).item() for tenth in range(1, 21)]
    found = in_node(PLAYGROUND, 'import { lookOf } from "./widget.mjs";'
                    f"console.log(JSON.stringify(lookOf({logits().tolist()}, {TOP}, (id) => `token ${{id}}`)));")
    assert found["tokens"] == [f"token {id_}" for id_ in order[:TOP].tolist()]
    assert found["logits"] == pytest.approx(ordered[:TOP].tolist()) and found["rest"] == pytest.approx(rest)


@pytest.mark.parametrize("temperature, top_k, top_p", [
    (1.0, 0, 1.0), (0.5, 0, 1.0), (2.0, 0, 1.0), (1.0, 5, 1.0), (1.0, 0, 0.5), (2.0, 0, 0.9), (1.3, 8, 0.7),
    (0.0, 0, 1.0)])
def test_a_number_falls_to_the_token_of_the_package_s_own_cuts(in_node, temperature, top_k, top_p):
    """Laid end to end, likeliest first."""
    ordered, order = logits().sort(descending=True)
    numbers = [(i + 0.5) / 97 for i in range(97)]
    if temperature == 0:
        expected = [order[0].item()] * 97
    else:
        p = filter_logits(ordered[None] / temperature, top_k or None, top_p if top_p < 1 else None).softmax(-1)[0]
        expected = [order[int((p.cumsum(0) > number).nonzero()[0])].item() for number in numbers]
    settings = {"temperature": temperature, "topK": top_k, "topP": top_p}
    look = {"order": order.tolist(), "all": logits().tolist()}
    found = in_node(PLAYGROUND, f'import {{ drawId }} from "./widget.mjs"; const look = {json.dumps(look)};'
                    f"console.log(JSON.stringify({numbers}.map((u) => drawId(look, {json.dumps(settings)}, u))));")
    assert found == expected
