"""How soon does a pair that a reader trains in a page show what chapter 08 says of it?

    python benchmarks/train_your_own.py
    python benchmarks/train_your_own.py --seconds 5 --texts novel --out DIR      # a rehearsal

Each corner, question x mask, trains on each text in headless Chromium, on a page from the disk. A row has what the page
shows at each look at the held-out text: [steps, seconds since Train was pressed, loss, the loss asked one at a
time]; the steps a second; the longest time for which the page was blocked, and the memory that its process took.
On the first text it trains once more with the browser's processes stopped three quarters of the time.
"""

import contextlib
import os
import re
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
from argparse import ArgumentParser
from pathlib import Path

from corners import CORNERS
from experiments import fingerprint, save_results
from playwright.sync_api import sync_playwright
from turns import cpu

from bertgpt_book.records import RESULTS
from bertgpt_book.widgets import TrainYourOwn
from bertgpt_book.widgets.engine import files

PAGE = '<!doctype html><html><meta charset="utf-8"><body>{}</body></html>'
WATCH = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => { for (const { duration } of list.getEntries())
    window.longest = Math.max(window.longest, duration); }).observe({ type: "longtask" });
}"""
LOOK = """() => {
  const run = document.querySelector("section[aria-label^=run]");
  return run && { steps: Number(run.dataset.steps), text: run.innerText, longest: window.longest,
    events: [...run.querySelectorAll(".events li")].map((item) => item.textContent) };
}"""
SENTENCE = re.compile(r"Step (\d+): ([\d.]+) nats.*?one at a time: (the same|[\d.]+)\.(?:\s|$)")


def write_page(folder: Path, widget: TrainYourOwn) -> str:
    """Write the widget and its files into a folder: -> the address of the page."""
    (folder / "_static" / "engine").mkdir(parents=True, exist_ok=True)
    for name, held in files.trainer_files():
        (folder / "_static" / "engine" / f"{name}.js").write_text(files.as_script(name, held), encoding="utf-8")
    (folder / "page.html").write_text(PAGE.format(widget.static_html()), encoding="utf-8")
    return (folder / "page.html").as_uri()


def renderers() -> list[int]:
    """Find the processes that show pages, among those that this one has started."""
    parents, found = {}, []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if b"--type=renderer" in (path / "cmdline").read_bytes():
                found.append(int(path.name))

    def is_ours(process: int) -> bool:
        return process == os.getpid() or process in parents and is_ours(parents[process])

    return [process for process in found if is_ours(process)]


def resident(processes: list[int]) -> float:
    """Read how much memory of their own processes hold, in MB."""
    texts = [Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8") for process in processes]
    return sum(int(kb) for text in texts for kb in re.findall(r"^Private_\w+:\s+(\d+) kB", text, re.M)) / 1000


@contextlib.contextmanager
def slowed(processes: list[int], share: float):
    """Let processes run for a share of the time, in turns of a few milliseconds."""
    over = threading.Event()

    def drive():
        while not over.is_set():
            for sign, seconds in ((signal.SIGSTOP, 0.015 * (1 - share) / 0.75), (signal.SIGCONT, 0.02 * share)):
                for process in processes:
                    os.kill(process, sign)
                time.sleep(seconds)

    driver = threading.Thread(target=drive)
    if share < 1:
        driver.start()
    try:
        yield
    finally:
        over.set()
        if share < 1:
            driver.join()


def run(browser, address: str, seconds: float, share: float) -> dict:
    """Train in a fresh page for some seconds: -> what it has shown."""
    page = browser.new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    page.evaluate(WATCH)
    processes = renderers()
    before, curve = resident(processes), []
    with slowed(processes, share):
        began = time.perf_counter()
        page.get_by_role("button", name="Train").click()
        while (spent := time.perf_counter() - began) < seconds:
            shown = page.evaluate(LOOK)
            if shown and (found := SENTENCE.search(shown["text"])):
                steps, loss, alone = int(found[1]), float(found[2]), found[3]
                if not curve or steps > curve[-1][0]:
                    curve.append([steps, round(spent, 1), loss, loss if alone == "the same" else float(alone)])
            time.sleep(0.05)
    shown, lines = page.evaluate(LOOK), page.locator("svg.losses .name").count()
    assert lines == 3
    held, written = resident(processes), page.locator(".written").inner_text()
    page.close()
    return {
        "width": int(re.search(r"d_model (\d+)", shown["text"])[1]),
        "curve": curve,
        "events": shown["events"],
        "per_second": round(shown["steps"] / seconds, 1),
        "blocked_ms": round(shown["longest"]),
        "memory_mb": round(held - before),
        "written": written,
    }


def shown(question: str, mask: str, curve: list, events: list[str]) -> list | None:
    """Find when the page shows what the chapter says of a corner: -> [step, seconds], None where it does not.

    GPT is below the bigram, the cheat below 1 nat, BERT 0.3 nats below the unigram.
    """
    lines = {name: float(loss) for name, loss in re.findall(r"below the (\w+) \(([\d.]+)\)", " ".join(events))}
    goal = {"blanks": lines.get("unigram", 0) - 0.3, "next": lines.get("bigram", 0)}[question]
    goal = 1 if (question, mask) == ("next", "bidirectional") else goal
    return next(([step, spent] for step, spent, loss, _ in curve if loss < goal), None)


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60, help="of training in each row (default: %(default)s)")
    parser.add_argument("--texts", nargs="+", default=list(files.SAMPLES), choices=files.SAMPLES)
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder of the record")
    args = parser.parse_args()
    texts = dict(files.trainer_files())
    plan = [(text, corner, 1.0) for text in args.texts for corner in CORNERS]
    plan += [(args.texts[0], corner, 0.25) for corner in CORNERS]
    about = {
        "command": shlex.join(["python", "benchmarks/train_your_own.py", *sys.argv[1:]]),
        "cpu": cpu(),
        "data": {name: fingerprint(text) for name, text in texts.items() if name.startswith("text.")},
    }
    rows: list[dict] = []

    def add(row: dict) -> None:
        rows.append(row)
        print({key: value for key, value in row.items() if key != "curve"}, row["curve"][-1], flush=True)
        save_results("train_your_own", about, rows, args.out)

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        named = str(own) if own.exists() else next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
        for text, (question, mask), share in plan:
            browser = playwright.chromium.launch(executable_path=named, args=["--no-sandbox"])
            about["chromium"] = browser.version
            widget = TrainYourOwn(text=list(files.SAMPLES).index(text), question=question, mask=mask)
            name = f"{text}, {question}, {mask}" + ("" if share == 1 else ", a quarter of the speed")
            found = run(browser, write_page(Path(folder), widget), args.seconds, share)
            add(
                {
                    "name": name,
                    "text": text,
                    "question": question,
                    "mask": mask,
                    "share": share,
                    "shown": shown(question, mask, found["curve"], found["events"]),
                    **found,
                }
            )
            browser.close()


if __name__ == "__main__":
    main()
