"""How soon does a pair that a reader trains in a page show what chapter 08 says of it?

Each corner, question x mask, trains for a minute in headless Chromium, on a page from the disk. A row has what the
page shows at each look at the held-out text: [steps, seconds since Train was pressed, loss, the loss asked one at a
time]; the steps a second; the longest time for which the page was blocked, and the memory that its process took.
Then each corner trains once more with the browser's processes stopped three quarters of the time.
"""

import contextlib
import os
import re
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from corners import CORNERS
from experiments import Row, cpu, fingerprint, main
from playwright.sync_api import sync_playwright
from turns import open_browser

from bertgpt_book.widgets import TrainYourOwn
from bertgpt_book.widgets.engine import files

NAME, SECONDS, TEXT = "train_your_own", 60, "novel"
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


def renderers() -> list[int]:
    """Find the processes that show pages, among those that this one has started."""
    parents, showing = {}, []
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if b"--type=renderer" in (path / "cmdline").read_bytes():
                showing.append(int(path.name))

    def is_ours(process: int) -> bool:
        return process == os.getpid() or process in parents and is_ours(parents[process])

    return [process for process in showing if is_ours(process)]


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


def train(page, seconds: float, share: float) -> dict:
    """Train in a fresh page for some seconds: -> what it has shown."""
    page.evaluate(WATCH)
    processes = renderers()
    before, curve = resident(processes), []
    with slowed(processes, share):
        began = time.perf_counter()
        page.get_by_role("button", name="Train").click()
        while (spent := time.perf_counter() - began) < seconds:
            state = page.evaluate(LOOK)
            if state and (match := SENTENCE.search(state["text"])):
                steps, loss, alone = int(match[1]), float(match[2]), match[3]
                if not curve or steps > curve[-1][0]:
                    curve.append([steps, round(spent, 1), loss, loss if alone == "the same" else float(alone)])
            time.sleep(0.05)
    state = page.evaluate(LOOK)
    assert page.locator("svg.losses .name").count() == 3
    return {
        "width": int(re.search(r"d_model (\d+)", state["text"])[1]),
        "curve": curve,
        "events": state["events"],
        "per_second": round(state["steps"] / seconds, 1),
        "blocked_ms": round(state["longest"]),
        "memory_mb": round(resident(processes) - before),
        "written": page.locator(".written").inner_text(),
    }


def first_shown(question: str, mask: str, curve: list, events: list[str]) -> list | None:
    """Find when the page shows what the chapter says of a corner: -> [step, seconds], None where it does not.

    GPT is below the bigram, the cheat below 1 nat, BERT 0.3 nats below the unigram.
    """
    lines = {name: float(loss) for name, loss in re.findall(r"below the (\w+) \(([\d.]+)\)", " ".join(events))}
    goal = {"blanks": lines.get("unigram", 0) - 0.3, "next": lines.get("bigram", 0)}[question]
    goal = 1 if (question, mask) == ("next", "bidirectional") else goal
    return next(([step, spent] for step, spent, loss, _ in curve if loss < goal), None)


def run(question: str, mask: str, share: float) -> dict:
    """Train one corner in a browser of its own: -> its row."""
    widget = TrainYourOwn(text=list(files.SAMPLES).index(TEXT), question=question, mask=mask)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        engine, file = Path(folder, "_static", "engine"), Path(folder, "page.html")
        engine.mkdir(parents=True)
        for name, content in files.trainer_files():
            (engine / f"{name}.js").write_text(files.as_script(name, content), encoding="utf-8")
        file.write_text(PAGE.format(widget.static_html()), encoding="utf-8")
        browser = open_browser(playwright)
        ABOUT["chromium"] = browser.version
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(file.as_uri())
        trained = train(page, SECONDS, share)
        browser.close()
    corner = {"text": TEXT, "question": question, "mask": mask, "share": share}
    return {**corner, "shown": first_shown(question, mask, trained["curve"], trained["events"]), **trained}


def rows() -> Iterator[Row]:
    for share, ending in ((1.0, ""), (0.25, ", a quarter of the speed")):
        for corner in CORNERS:
            yield Row(f"{TEXT}, {', '.join(corner)}{ending}", partial(run, *corner, share), seconds=SECONDS + 5)


TEXTS = {name: fingerprint(text) for name, text in files.trainer_files() if name.startswith("text.")}
ABOUT = {"cpu": cpu(), "data": TEXTS}

if __name__ == "__main__":
    main(__doc__, NAME, ABOUT, rows)
