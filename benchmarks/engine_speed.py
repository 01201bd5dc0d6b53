"""How long do the models take in a page: the engine of this book beside onnxruntime-web, in headless Chromium?

    make bench BENCH=engine_speed                              # installs the peer first

A pass over 32 tokens, each model under its own mask, every row scored, one thread. Both have the
same numbers for weights: the engine as whole numbers of steps (widgets/engine/pack.py),
onnxruntime-web unpacked to float32. The engine keeps attention and hidden states, too. Each row's
best token must be the same, but for near ties.

Then a new token: after a prompt of 32 the models that look only back read 32 tokens, one after
another, with the engine's cache. The other graphs have no cache, so this is compared with the
engine's own passes over the whole text.
"""

import contextlib
import functools
import http.server
import json
import shutil
import tempfile
import threading
from pathlib import Path

import onnx
import turns
from onnx_models import graph_of, with_engine_numbers
from playwright.sync_api import sync_playwright

from bertgpt import load_bert, load_gpt
from bertgpt_book.widgets.bundle import bundle
from bertgpt_book.widgets.engine.files import HERE, write_engine

TOKENS = 32  # of a pass, of a prompt, and how many come after it
AT_MOST = {"pass": 0.05, "token": 0.015}  # seconds
MODELS = {"tinybert": load_bert, "tinygpt": load_gpt}
WRITERS = ("tinygpt", "tinyboth")
ORT = Path(__file__).parent / "node_modules" / "onnxruntime-web"
PAGE = """<!doctype html><html data-content_root="./"><meta charset="utf-8"><script src="ort/ort.wasm.min.js"></script>
<script type="module">{client}
const best = (row) => row.indexOf(Math.max(...row));
const some = (n) => Array.from({{ length: n }}, (_, i) => 100 + 37 * i);
const timed = async (acts, turns) => {{
  const seconds = Object.fromEntries(Object.keys(acts).map((who) => [who, []])), tops = {{}};
  for (let turn = -3; turn < turns; turn++) {{
    for (const [who, act] of Object.entries(acts)) {{
      const [logits, taken] = await act();
      if (turn >= 0) seconds[who].push(taken / 1000);
      tops[who] = logits.map(best);
    }}
  }}
  return {{ seconds, same: tops.ours.filter((id, t) => id === tops.theirs[t]).length }};
}};
const clocked = async (act) => {{
  const began = performance.now();
  const logits = await act();
  return [logits, performance.now() - began];
}};
window.measure = async (name, causal, n, turns) => {{
  ort.env.wasm.wasmPaths = new URL("ort/", location).href;
  ort.env.wasm.numThreads = 1;
  const engine = openEngine({{}});
  await engine.need(name);
  const session = await ort.InferenceSession.create(`${{name}}.onnx`);
  const ids = some(n);
  const later = (at) => at % n > Math.floor(at / n);
  const mask = Float32Array.from({{ length: n * n }}, (_, at) => (causal && later(at) ? -Infinity : 0));
  const feeds = {{
    ids: new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), [n]),
    mask: new ort.Tensor("float32", mask, [n, n]),
  }};
  return timed({{
    ours: () => clocked(async () => (await engine.run(name, ids)).logits),
    theirs: () => clocked(async () => {{
      const [{{ data }}] = Object.values(await session.run(feeds));
      return Array.from({{ length: n }}, (_, t) => data.subarray(t * data.length / n, (t + 1) * data.length / n));
    }}),
  }}, turns);
}};
window.write = async (name, n, turns) => {{
  const engine = openEngine({{}});
  await engine.need(name);
  const ids = some(2 * n);
  const steps = Array.from({{ length: n }}, (_, i) => ids.slice(0, n + i + 1));
  const each = (read) => clocked(async () => {{
    const logits = [];
    for (const step of steps) logits.push(await read(step));
    return logits;
  }});
  return timed({{
    ours: async () => {{
      await engine.next(name, ids.slice(0, n));                    // the prompt, and nothing after it
      return each((step) => engine.next(name, step));
    }},
    theirs: () => each(async (step) =>
      (await engine.run(name, step, {{ mask: "causal", rows: [step.length - 1] }})).logits[0]),
  }}, turns);
}};</script></html>"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


def write_page(folder: Path) -> None:
    """Put the page, the engine's files, the graphs and onnxruntime-web into a folder."""
    if not ORT.exists():
        raise SystemExit(f"{ORT} is not there: make bench BENCH=engine_speed installs it")
    write_engine(folder / "_static" / "engine", version="benchmark")
    (folder / "ort").mkdir()
    for name in ("ort.wasm.min.js", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"):
        shutil.copy(ORT / "dist" / name, folder / "ort")
    for name, load in MODELS.items():
        onnx.save(graph_of(with_engine_numbers(load(name)), TOKENS), folder / f"{name}.onnx")
    (folder / "page.html").write_text(PAGE.format(client=bundle(HERE / "client.js")), encoding="utf-8")


@contextlib.contextmanager
def open_page():
    """Serve the page, and open it in a browser."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        write_page(Path(folder))
        handler = functools.partial(Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = turns.open_browser(playwright)
            page = browser.new_page()
            page.set_default_timeout(300_000)
            page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
            page.wait_for_function("typeof write === 'function'")
            yield page
            browser.close()
            server.shutdown()


def row_of(setting: str, peer: str, timed: dict, at_most: float, steps: int = 1) -> dict:
    """Make a row of the page's timings; steps: equal ones in a turn."""
    assert timed["same"] >= TOKENS - 2, f"{setting}: {timed['same']} of {TOKENS} rows have the same top token"
    seconds = {side: [max(taken, 1e-4) / steps for taken in times] for side, times in timed["seconds"].items()}
    return turns.compared(setting, peer, seconds, at_most=at_most)


def measure(n_turns: int) -> list[dict]:
    """Time all in one page: -> rows of the record."""
    rows, after = [], f"{TOKENS} to {2 * TOKENS - 1}"
    with open_page() as page:
        for name in MODELS:
            timed = page.evaluate("(given) => measure(...given)", [name, name == "tinygpt", TOKENS, n_turns])
            rows.append(row_of(f"{name}, a pass over {TOKENS} tokens", "onnxruntime-web", timed, AT_MOST["pass"]))
        for name in WRITERS:
            timed = page.evaluate("(given) => write(...given)", [name, TOKENS, n_turns])
            rows.append(
                row_of(f"{name}, a new token after {after}", "whole passes", timed, AT_MOST["token"], steps=TOKENS)
            )
    return rows


if __name__ == "__main__":
    package = ORT / "package.json"
    web = json.loads(package.read_text(encoding="utf-8"))["version"] if package.exists() else None
    timings = {"passes and new tokens": measure}
    turns.main(__doc__, "engine_speed", timings, turns=15, peers=("playwright",), onnxruntime_web=web)
