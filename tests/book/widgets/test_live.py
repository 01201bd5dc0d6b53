"""What the widgets share that run the engine: its files, its workers and its errors."""

import pytest

from bertgpt import GPT, TransformerConfig
from bertgpt_book.widgets.engine import pack
from bertgpt_book.widgets.live import LiveWidget

# ---- the page's face of the engine


# A notebook's model, whose kernel answers when answer(file) is called, or at once; and workers that count themselves.
KERNEL = """
const workers = [], heard = new Set(), asked = [];
URL.createObjectURL = () => "blob:1";
URL.revokeObjectURL = () => {};
globalThis.Worker = class {
  constructor() { this.alive = true; workers.push(this); }
  terminate() { this.alive = false; }
  postMessage({ call, method }) {
    const answer = { call, ...(method === "step" ? { error: "no step" } : { result: method }) };
    if (method !== "run") queueMicrotask(() => this.onmessage({ data: answer }));
  }
};
const contents = { engine: { worker: "" }, trainer: { worker: "" }, models: { gpt: [["gpt", 0]] } };
const answer = (file) => heard.forEach((act) => act({ file, content: contents[file] ?? [] }));
const model = { held: [], on: (_, act) => heard.add(act), off: (_, act) => heard.delete(act),
  send: ({ file }) => { asked.push(file); if (!model.held.includes(file)) answer(file); } };
const alive = () => workers.map((worker) => worker.alive);
const messageOf = (promise) => promise.then(() => "done", (error) => error.message);
const laps = async (n = 20) => { for (let i = 0; i < n; i++) await null; };
"""


def test_a_closed_view_gives_its_worker_back_and_a_later_call_starts_another(in_node):
    found = in_node(
        ("common.js", "engine/client.js"),
        KERNEL
        + """const { follow, openEngine } = page;
        const close = follow(model, [], () => {});
        const engine = openEngine(model);
        await engine.need("gpt");
        const waits = messageOf(engine.run("gpt"));
        await engine.encode("");
        close();
        const found = [await waits, alive()];
        await openEngine(model).need("gpt");
        return [...found, alive()];""",
    )
    assert found == ["The engine stopped: its widget was closed", [False], [False, True]]


@pytest.mark.parametrize("file", ["engine", "models", "gpt"])
def test_a_view_closed_while_a_file_is_on_its_way_starts_no_worker_and_holds_no_model(in_node, file):
    found = in_node(
        "engine/client.js",
        KERNEL
        + """model.held.push(given);
        const engine = page.openEngine(model);
        engine.open().catch(() => {});
        const waits = messageOf(engine.need("gpt"));
        await laps();
        engine.end();
        answer(given);
        return [await waits, alive().some(Boolean), engine.holds("gpt")];""",
        file,
    )
    assert found == ["The engine stopped: its widget was closed", False, False]


def test_a_worker_that_failed_is_ended_and_the_next_call_starts_another(in_node):
    found = in_node(
        "engine/client.js",
        KERNEL
        + """const { openEngine } = page, engine = openEngine(model);
        await engine.need("gpt");
        const waits = messageOf(engine.run("gpt"));
        await laps();
        workers[0].onerror({ message: "out of memory" });
        workers[0].onmessage({ data: { call: 3, result: "too late" } });
        const found = [await waits, openEngine(model).holds("gpt"), alive()];
        await openEngine(model).need("gpt");
        return [...found, alive()];""",
    )
    assert found == ["The engine stopped: out of memory", False, [False], [False, True]]


def test_a_trainer_has_one_worker_which_outlives_an_error_and_ends_with_its_view(in_node):
    found = in_node(
        "engine/training/client.js",
        KERNEL.replace('"step"', '"advance"')
        + """const trainer = page.openTrainer(model);
        await trainer.make({});
        const found = [await messageOf(trainer.advance()), await messageOf(trainer.change({})), alive()];
        workers[0].onerror({ message: "out of memory" });
        found.push(await messageOf(trainer.make({})), alive());
        trainer.end();
        found.push(await messageOf(trainer.make({})), alive());
        return found;""",
    )
    closed = "The engine stopped: its widget was closed"
    assert found == ["no step", "done", [True], "done", [False, True], closed, [False, False]]


@pytest.mark.parametrize(
    "most, sizes, reason",
    [
        (pack.MOST, dict(d_model=30, n_heads=5), "multiples of 4"),
        (200, dict(d_model=8, n_heads=2), "this GPT is too large for a page"),
    ],
)
def test_a_kernel_says_why_it_cannot_hand_out_a_model(monkeypatch, tokenizer, most, sizes, reason):
    monkeypatch.setattr(pack, "MOST", most)
    model = GPT(TransformerConfig.gpt(vocab_size=50, max_len=8, n_layers=1, d_ff=32, **sizes))
    message, buffers = LiveWidget({"littlegpt": model}, tokenizer).hand_out("littlegpt")
    assert message["file"] == "littlegpt" and reason in message["error"] and buffers is None
