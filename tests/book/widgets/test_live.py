"""What widgets that ask the engine compute in the page: the same as Python, of the same logits."""

import json
from pathlib import Path

import pytest
import torch

from bertgpt import GPT, TransformerConfig
from bertgpt.book.widgets import six_hacks
from bertgpt.book.widgets.base import readable
from bertgpt.book.widgets.engine import pack
from bertgpt.book.widgets.live import LiveWidget
from bertgpt.inference.decoding import filter_logits

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
    assert found == [[readable(token) for token in TOKENS], [" She", " She", " “She", ""]]


def test_a_call_that_failed_does_not_silence_those_after_it(in_node):
    found = in_node("engine/client.js", """import { newest } from "./widget.mjs";
        const heard = [];
        const ask = newest(async (call) => { heard.push(call); if (call === 1) throw new Error("no"); });
        for (const call of [1, 2]) await ask(call).catch(() => heard.push("failed"));
        console.log(JSON.stringify(heard));""")
    assert found == [1, "failed", 2]


def test_the_reader_is_told_at_most_how_much_is_fetched_and_the_number_stands_once(in_node):
    size = in_node("live.js", 'import { MODEL_SIZE } from "./widget.mjs"; console.log(JSON.stringify(MODEL_SIZE));')
    assert size == f"{pack.MOST / 1e6:g} MB"
    scripts = Path(six_hacks.__file__).parent.glob("*.js")
    assert [path.name for path in scripts if size in path.read_text(encoding="utf-8")] == ["live.js"]


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


def test_a_pass_costs_what_was_read_and_not_what_the_cache_had(in_node):
    """The engine knows what its cache had: a text typed a letter longer is not read anew."""
    costs = in_node(PLAYGROUND, """import { cost, readOn } from "./widget.mjs";
        const logits = [0, 1, 2];
        const engine = { decode: async () => "a", next: async () => ({ logits, kept: 8 }),
          run: async () => ({ logits: [logits] }) };
        const state = { ids: Array(9).fill(1) };
        const passes = await Promise.all([true, false].map((cached) => readOn(engine, state, cached, { top: 1 })));
        console.log(JSON.stringify(passes.map((pass) => cost(pass.cost).split(":")[0])));""")
    assert costs == ["It read 1 token, 8 came from the cache", "It read all 9 tokens"]


def test_a_draw_falls_as_often_as_the_softmax_says(in_node):
    p = (logits() / 0.7).softmax(-1)
    grid = [(i + 0.5) / 4000 for i in range(4000)]
    drawn, greedy = in_node("live.js", f'import {{ drawnId }} from "./widget.mjs"; const all = {logits().tolist()};'
                            f"console.log(JSON.stringify([{grid}.map((u) => drawnId(all, 0.7, u)), drawnId(all, 0)]));")
    shares = torch.bincount(torch.tensor(drawn), minlength=V) / len(grid)
    torch.testing.assert_close(shares.double(), p, atol=5e-4, rtol=0)
    assert greedy == logits().argmax().item()


@pytest.mark.parametrize("way", six_hacks.HACKS + ["GPT"])
def test_the_page_shows_bert_the_rows_that_python_shows_it(in_node, tokenizer, way):
    """Both are answered by counting: 1000, 1001, ... The rows that each is asked of must be the same."""
    prompt, order = tokenizer.encode(" She had"), [1, 0, 2, 1] if way == "Gibbs sampling" else [0, 1, 2]
    asked = []

    def answer(row, place):
        asked.append([list(row), place])
        return torch.nn.functional.one_hot(torch.tensor([999 + len(asked)]), 2000).float()

    class Both(torch.nn.Module):
        def __init__(self, bert):
            super().__init__()
            self.bert, self.device_of = bert, torch.nn.Parameter(torch.zeros(1))

        def forward(self, ids, positions=None):
            if not self.bert:
                return answer(ids[0].tolist(), ids.size(1) - 1)[None]
            return answer(ids[0, 1:-1].tolist(), int(positions[0].nonzero()) - 1), None

    six_hacks.write({"BERT": Both(True), "GPT": Both(False)}, tokenizer, prompt, way, order, lambda x: x.argmax(-1))
    blanks = 0 if way in six_hacks.GROWING else 3
    given = dict(prompt=prompt, way=[way, six_hacks.GROWING.get(way, "."), blanks], order=order,
                 mask=tokenizer.mask_id, stop=tokenizer.encode("."))
    found = in_node(("live.js", "hacks_live.js"), f'''import {{ goOn }} from "./widget.mjs";
        const {{ prompt, way, order, mask, stop }} = {json.dumps(given)}; const asked = [];
        const ask = (row, place) => ({{ id: 999 + asked.push([row, place]) }});
        const steps = await goOn(ask, prompt, way, order, {{ mask, stop }});
        console.log(JSON.stringify([asked, steps]));''')
    assert found[0] == asked
    assert [step["at"] for step in found[1]] == order


# ---- the page's face of the engine


def test_a_closed_view_gives_its_worker_back_and_a_later_call_starts_another(in_node):
    found = in_node(("common.js", "engine/client.js"), """import { follow, openEngine } from "./widget.mjs";
        const log = [];
        URL.createObjectURL = () => "blob:1";
        URL.revokeObjectURL = (address) => log.push(`revoked ${address}`);
        globalThis.Worker = class {
          constructor() { log.push("started"); }
          terminate() { log.push("ended"); }
          postMessage({ call, method }) {
            if (method !== "run") queueMicrotask(() => this.onmessage({ data: { call, result: method } }));
          }
        };
        const heard = new Set();
        const content = { worker: "", models: { gpt: ["gpt"] } };
        const model = { on: (_, act) => heard.add(act), off: (_, act) => heard.delete(act),
          send: ({ file }) => heard.forEach((act) => act({ file, content })) };
        const close = follow(model, [], () => {});
        const engine = openEngine(model);
        await engine.load(["gpt"]);
        const waits = engine.run("gpt").catch((error) => error.message);
        await engine.encode("");
        close();
        log.push(await waits);
        await engine.load(["gpt"]);
        console.log(JSON.stringify(log));""")
    assert found == ["started", "ended", "revoked blob:1", "The engine stopped: its widget was closed", "started"]


def test_a_network_that_answers_with_its_own_page_is_told_from_the_models(in_node):
    found = in_node("engine/client.js", """import { openEngine } from "./widget.mjs";
        const script = () => ({ addEventListener(name, act) { this[name] = act; },
          setAttribute() {}, append() {}, remove() {} });
        globalThis.document = { documentElement: { dataset: {} }, baseURI: "http://here/", createElement: script,
          head: { append: (script) => script.load() } };
        console.log(JSON.stringify(await openEngine({}).load(["gpt"]).catch((error) => error.message)));""")
    assert found == "The models could not be fetched (engine.js). Are you online? Try again."


@pytest.mark.parametrize("most, sizes, reason", [
    (pack.MOST, dict(d_model=30, n_heads=5), "multiples of 4"),
    (200, dict(d_model=8, n_heads=2), "this GPT is too large for a page"),
])
def test_a_kernel_says_why_it_cannot_hand_out_a_model(monkeypatch, tokenizer, most, sizes, reason):
    monkeypatch.setattr(pack, "MOST", most)
    model = GPT(TransformerConfig.gpt(vocab_size=50, max_len=8, n_layers=1, d_ff=32, **sizes))
    message, buffers = LiveWidget({"tinygpt": model}, tokenizer).hand_out("tinygpt")
    assert message["file"] == "tinygpt" and reason in message["error"] and buffers is None


@pytest.mark.parametrize("held", ["altKey", "ctrlKey", "metaKey"])
def test_a_strip_is_walked_by_keys_and_the_browsers_own_are_left_to_it(in_node, held):
    found = in_node("live.js", f"""import {{ oneByOne }} from "./widget.mjs";
        const heard = {{}};
        const items = [0, 1, 2].map((place) => ({{ focus() {{ log.push(place); }} }}));
        const log = [];
        oneByOne({{ addEventListener: (name, act) => {{ heard[name] = act; }} }}, () => items)(0);
        const press = (key, held) => heard.keydown({{ key, ...held, preventDefault() {{ log.push(key); }} }});
        press("ArrowLeft", {{ {held}: true }});
        for (const key of ["ArrowRight", "End", "ArrowRight", "a", "Home"]) press(key);
        console.log(JSON.stringify([log, items.map(({{ tabIndex }}) => tabIndex)]));""")
    assert found == [[1, "ArrowRight", 2, "End", 2, "ArrowRight", 0, "Home"], [0, -1, -1]]
