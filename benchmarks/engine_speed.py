"""How long the page's engine takes in headless Chromium: a whole pass, and a new token with the cache.

    python benchmarks/engine_speed.py [--repeats 15]

Prints milliseconds, the median and the fastest, of TinyBERT's and TinyGPT's passes over 32 tokens, every row scored
and attention kept, and of one token more. Other work on the machine makes them upper bounds.
"""

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from bertgpt.widgets.base import module
from bertgpt.widgets.engine.files import write_engine

PAGE = """<!doctype html><html data-content_root="./"><meta charset="utf-8"><script type="module">{client}
window.measure = async (repeats) => {{
  const engine = openEngine({{}}), found = {{}};
  const times = async (name, act) => {{
    const all = [];
    for (let i = 0; i < repeats + 3; i++) {{
      const start = performance.now();
      await act(i);
      all.push(performance.now() - start);
    }}
    const sorted = all.slice(3).sort((a, b) => a - b);
    found[name] = [sorted[sorted.length >> 1], sorted[0]];
  }};
  const began = performance.now();
  await engine.load(["tinybert", "tinygpt"]);
  const ended = performance.now();
  found["fetch and unpack both"] = [ended - began, ended - began];
  const ids = Array.from({{ length: 32 }}, (_, i) => 100 + 37 * i);
  await times("tinybert, a pass over 32 tokens", () => engine.run("tinybert", ids));
  await times("tinygpt, a pass over 32 tokens", () => engine.run("tinygpt", ids));
  await engine.next("tinygpt", ids);
  await times("tinygpt, a new token", (i) => engine.next("tinygpt", [...ids, ...Array(i + 1).fill(7)]));
  return found;
}};</script></html>"""


def measure(repeats: int) -> dict[str, list[float]]:
    """Open a page from a disk and time the engine in it: -> what -> [median, fastest], in milliseconds."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        write_engine(Path(folder) / "_static" / "engine")
        file = Path(folder) / "page.html"
        file.write_text(PAGE.format(client=module("engine/client.js")), encoding="utf-8")
        try:
            browser = playwright.chromium.launch(args=["--no-sandbox"])
        except Exception:                        # none of Playwright's own: the system's
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(file.as_uri())
        page.wait_for_function("typeof measure === 'function'")     # a bare name would be called
        found = page.evaluate("(repeats) => measure(repeats)", repeats)
        browser.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    for what, (median, fastest) in measure(parser.parse_args().repeats).items():
        print(f"{what:32}{median:8.1f} ms, fastest {fastest:.1f}")


if __name__ == "__main__":
    main()
